using Npgsql;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>Links that sign in once, within 15 minutes by the clock of whoever keeps them: the database, or this process's memory before the database is ready.</summary>
internal sealed class SignInLinks(NpgsqlDataSource database, SignInMemory? memory = null)
{
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Makes a link and returns its token, which exists nowhere else.</summary>
    public async Task<string> CreateAsync(CancellationToken cancellationToken)
    {
        var token = Secret.New();
        if (memory is { IsNeeded: true })
        {
            memory.AddLink(Secret.HashOf(token));
            return token;
        }

        await using var insert = database.CreateCommand("""
            with expired as (delete from embedding_admin.sign_in_link where expires_at < now() - interval '1 day')
            insert into embedding_admin.sign_in_link (token_hash, expires_at) values ($1, now() + $2)
            """);
        insert.Parameters.Add(new() { Value = Secret.HashOf(token) });
        insert.Parameters.Add(new() { Value = Longest });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return token;
    }

    /// <summary>Uses a link up. False when it was used before, has expired or was never made.</summary>
    public async Task<bool> UseAsync(string token, CancellationToken cancellationToken)
    {
        if (memory?.UseLink(Secret.HashOf(token)) is true)
            return true;
        if (memory is { IsNeeded: true })
            return false;
        await using var use = database.CreateCommand("""
            update embedding_admin.sign_in_link set used_at = now()
            where token_hash = $1 and used_at is null and expires_at > now()
            """);
        use.Parameters.Add(new() { Value = Secret.HashOf(token) });
        return await use.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
