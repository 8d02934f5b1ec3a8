using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>Reads and measures what an answer needs: the server, the catalog, a trial that is rolled back, and the policies on the row.</summary>
public sealed class InquiryReader(NpgsqlDataSource database, TableCatalog catalog, WriteFactsReader facts, AccessProbe access, SqlProbe sql)
{
    /// <summary>Reads all of it, as far as it is there.</summary>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses the program itself.</exception>
    internal async Task<Inquiry> ReadAsync(EmbeddingTable table, Identity who, AccessTry how, CancellationToken cancel)
    {
        var inquiry = new Inquiry { Table = table, Who = who, How = how, Server = await ServerAsync(cancel), Facts = await facts.ReadAsync(table, cancel) };
        // Where nothing can be written there is nothing to try, and a row cannot even be held.
        if (inquiry.Server.InRecovery || inquiry.Server.ReadOnly)
            return inquiry;
        inquiry = await TargetAsync(inquiry, cancel);
        if (inquiry.Facts is not { } there)
            return inquiry;
        var own = (await RoleFacts.ReadAsync(database, null, there.Oid, cancel))!;
        inquiry = inquiry with { Role = who.Role is null ? own : await RoleFacts.ReadAsync(database, who.Role, there.Oid, cancel) };
        if (inquiry.IsOutsider)
            inquiry = inquiry with { SignedIn = await RoleFacts.ReadAsync(database, "authenticated", there.Oid, cancel) };
        if (inquiry.Target is { } target)
        {
            var trace = await sql.TraceAsync(target, who with { Way = Way.Sql }, how, cancel);
            inquiry = inquiry with { Trace = trace, Measured = who.Way == Way.Sql ? trace.Cells : await access.TryAsync(target, who, how with { Key = trace.Key ?? how.Key }, cancel) };
        }

        return inquiry.Role is { Filtered: true } role ? inquiry with { Policies = await PolicyTrial.AskAsync(database, inquiry, own, role, cancel) } : inquiry;
    }

    private async Task<ServerState> ServerAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select current_setting('server_version'), current_user::text, current_database()::text, pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
                   (select source from pg_settings where name = 'default_transaction_read_only'),
                   coalesce((select has_schema_privilege(r.oid, to_regnamespace('auth'), 'USAGE') and has_function_privilege(r.oid, to_regprocedure('auth.uid()'), 'EXECUTE')
                               from pg_roles r where r.rolname = 'authenticated'), false)
            """);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(reader.GetString(0).Split(' ')[0], reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetString(5), reader.GetBoolean(6));
    }

    /// <summary>The table to try it on: the one that a run would write, or what stands in its place in the settings.</summary>
    private async Task<Inquiry> TargetAsync(Inquiry inquiry, CancellationToken cancel)
    {
        try
        {
            inquiry = inquiry with { Columns = await catalog.FactsAsync(inquiry.Table, cancel) };
            return inquiry with { Target = await catalog.ResolveAsync(inquiry.Table, cancel) };
        }
        catch (EmbeddingAdminException unusable)
        {
            var key = inquiry.Table.Key ?? await KeyAsync(inquiry, cancel);
            var tried = inquiry.Facts is { HasVector: true, Kind: 'v' or 'r' or 'p' } && key is not null ? await catalog.AssumeAsync(inquiry.Table, key, cancel) : null;
            return inquiry with { Unusable = unusable, Target = tried };
        }
    }

    /// <summary>The primary key's column, of the table behind where it is a view; null when none is known.</summary>
    private async Task<string?> KeyAsync(Inquiry inquiry, CancellationToken cancel)
    {
        var columns = inquiry.Columns?.Columns.Select(column => column.Name).ToList() ?? [];
        var keys = inquiry.Columns?.PrimaryKey ?? [];
        if (inquiry.Facts?.View is { Tables: [var behind, ..] })
        {
            await using var command = database.CreateCommand(
                """
                select array(select a.attname::text from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
                              where i.indisprimary and n.nspname || '.' || c.relname = $1)
                """);
            command.Parameters.Add(new() { Value = behind });
            keys = (string[])(await command.ExecuteScalarAsync(cancel))!;
        }

        return keys is [var only] && columns.Contains(only, StringComparer.Ordinal) ? only : null;
    }
}
