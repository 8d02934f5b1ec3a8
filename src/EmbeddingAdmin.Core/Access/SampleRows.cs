using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Tables;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Access;

/// <summary>Rows to try a request on, read over the database connection.</summary>
/// <param name="database">The connection.</param>
/// <param name="target">The table.</param>
/// <param name="filtered">Whether policies hold for the connection's own role; then what they leave is looked at.</param>
internal sealed class SampleRows(NpgsqlDataSource database, Target target, bool filtered)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    private string Columns => $"t.{target.Key}::text, t.{target.Vector}::text, t.xmin::text from {target.Relation} t";

    private string One => $"t.{target.Key} = $1::text::{target.KeyType}";

    /// <summary>A row without a vector if there is one; else one with a vector, unless a run may be writing it.</summary>
    /// <param name="key">Takes this row; null takes any.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<RowSeen?> PickAsync(string? key, CancellationToken cancel)
    {
        await using var session = await OpenAsync(cancel);
        var any = $"{target.Filter} and ($1::text is null or {One})";
        await using var command = session.Command(
            $"(select {Columns} where {any} and t.{target.Vector} is null limit 1) union all (select {Columns} where {any} and not $2 limit 1) limit 1",
            new NpgsqlParameter { Value = key ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, await IsBeingWrittenAsync(session, cancel));
        return await ReadAsync(command, cancel);
    }

    /// <summary>A row as it is now; null when it is gone.</summary>
    public async Task<RowSeen?> AgainAsync(string key, CancellationToken cancel)
    {
        await using var session = await OpenAsync(cancel);
        await using var command = session.Command($"select {Columns} where {One}", key);
        return await ReadAsync(command, cancel);
    }

    private async Task<TableSession> OpenAsync(CancellationToken cancel)
    {
        var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        if (!filtered)
            return session;
        await using var look = session.Command("set local row_security = on");
        await look.ExecuteNonQueryAsync(cancel);
        return session;
    }

    private async Task<bool> IsBeingWrittenAsync(TableSession session, CancellationToken cancel)
    {
        // Before somebody has confirmed the schema there are no runs, nor for a role that has no part in it.
        await using var there = session.Command(
            "select case when exists (select from pg_namespace n where n.nspname = 'embedding_admin' and has_schema_privilege(n.oid, 'usage')) then to_regclass('embedding_admin.run') is not null end");
        if (await there.ExecuteScalarAsync(cancel) is not true)
            return false;
        await using var runs = session.Command(
            """
            select exists (select from embedding_admin.run r join embedding_admin.vector_column c on c.id = r.vector_column
                            where c.name = $1 and r.kind = 'backfill' and r.status in ('running', 'pausing', 'cancelling'))
            """,
            target.ColumnName);
        return await runs.ExecuteScalarAsync(cancel) is true;
    }

    private static async Task<RowSeen?> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new(reader.GetString(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1), reader.GetString(2)) : null;
    }
}
