using Npgsql;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>
/// Who is signed in: one row per session, found by the hash of the id that the cookie carries. A session ends 8 hours after it
/// was last used and 24 hours after it began, by the database's clock, or when it is signed out. One that began before the database was
/// ready is kept in memory, by the same rules.
/// </summary>
internal sealed class Sessions(NpgsqlDataSource database, SignInMemory? memory = null)
{
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);
    public static readonly TimeSpan LongestUnused = TimeSpan.FromHours(8);

    /// <summary>Begins a session and returns the id for the cookie, which exists nowhere else.</summary>
    public async Task<string> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var id = Secret.New();
        if (memory is { IsNeeded: true })
        {
            memory.AddSession(Secret.HashOf(id), name);
            return id;
        }

        await using var insert = database.CreateCommand("""
            with gone as (delete from embedding_admin.session where expires_at < now() - interval '7 days')
            insert into embedding_admin.session (id_hash, name, expires_at) values ($1, $2, now() + interval '24 hours')
            """);
        insert.Parameters.Add(new() { Value = Secret.HashOf(id) });
        insert.Parameters.Add(new() { Value = name });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>Notes that the session is in use and returns its name; null when it is not open.</summary>
    public async Task<string?> TouchAsync(byte[] idHash, CancellationToken cancellationToken)
    {
        if (memory?.Touch(idHash) is { } remembered)
            return remembered;
        if (memory is { IsNeeded: true })
            return memory.Confirmed(idHash);
        // A page brings a handful of requests at once: one write a minute is precise enough for 8 hours.
        await using var touch = database.CreateCommand("""
            with touched as (
                update embedding_admin.session set last_seen_at = now()
                where id_hash = $1 and ended_at is null and expires_at > now()
                  and last_seen_at > now() - interval '8 hours' and last_seen_at < now() - interval '1 minute')
            select name from embedding_admin.session
            where id_hash = $1 and ended_at is null and expires_at > now() and last_seen_at > now() - interval '8 hours'
            """);
        touch.Parameters.Add(new() { Value = idHash });
        var name = (string?)await touch.ExecuteScalarAsync(cancellationToken);
        memory?.Confirm(idHash, name);
        return name;
    }

    /// <summary>Whether the session is open. Asking does not prolong it: a page that is merely left open is not in use.</summary>
    public async Task<bool> IsOpenAsync(byte[] idHash, CancellationToken cancellationToken)
    {
        if (memory?.IsOpen(idHash) is true)
            return true;
        if (memory is { IsNeeded: true })
            return memory.Confirmed(idHash) is not null;
        await using var select = database.CreateCommand("""
            select true from embedding_admin.session
            where id_hash = $1 and ended_at is null and expires_at > now() and last_seen_at > now() - interval '8 hours'
            """);
        select.Parameters.Add(new() { Value = idHash });
        return await select.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Signs out; whoever still carries the id is a stranger from now on.</summary>
    public async Task EndAsync(byte[] idHash, CancellationToken cancellationToken)
    {
        if (memory?.End(idHash) is true || memory is { IsNeeded: true })
            return;
        await using var end = database.CreateCommand("update embedding_admin.session set ended_at = now() where id_hash = $1 and ended_at is null");
        end.Parameters.Add(new() { Value = idHash });
        await end.ExecuteNonQueryAsync(cancellationToken);
    }
}
