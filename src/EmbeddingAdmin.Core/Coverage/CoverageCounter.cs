using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Coverage;

/// <summary>
/// Keeps the last exact count of a column, and answers from it what the table comes to now: that count, and what our own runs have written since, by
/// their ledger. Nobody who writes has to touch it, so two writers never wait for each other here.
/// </summary>
public sealed class CoverageCounter(NpgsqlDataSource database)
{
    /// <summary>The rows, by the last count and the ledger; null when none was kept for these rows. The table itself is not touched.</summary>
    /// <param name="table">The table as it is configured: the answer needs no look at the catalog.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TableCoverage?> ReadAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        // Only a run over what is missing makes of every row that it writes one more that is embedded.
        await using var command = database.CreateCommand(
            """
            select k.total, k.embedded, k.empty_source, k.at,
                   (select coalesce(sum(b.written), 0)::bigint
                      from embedding_admin.run r join embedding_admin.batch b on b.run = r.id and b.at > k.at
                     where r.vector_column = k.vector_column and r.kind = 'backfill' and coalesce(r.ended_at, 'infinity') > k.at
                       and r.plan -> 'scope' <@ '["missing", "emptySource"]' and not r.plan ?| array['keys', 'failedIn'])
              from embedding_admin.coverage_count k join embedding_admin.vector_column c on c.id = k.vector_column
             where c.name = $1 and k.definition = $2
            """);
        command.Parameters.Add(new() { Value = table.ColumnName });
        command.Parameters.Add(new() { Value = Definition(table) });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        var (total, counted, at, written) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(3), reader.GetInt64(4));
        var empty = await reader.IsDBNullAsync(2, cancel) ? (long?)null : reader.GetInt64(2);
        var embedded = Math.Min(total, counted + written);
        return new TableCoverage
        {
            Table = table.Name,
            Column = table.Vector,
            Rows = Known(total),
            WithVector = Known(embedded),
            Figures = CoverageStates.InOrder.ToDictionary(state => state, state => state switch
            {
                CoverageState.EmptySource when empty is { } rows => Known(rows),
                CoverageState.Missing when empty is { } rows => Known(Math.Max(0, total - embedded - rows)),
                _ => null,
            }),
            CatalogRows = -1,
        };

        Figure Known(long rows) => new(rows, Basis.Counter, at);
    }

    /// <summary>Keeps an exact count, unless a newer one is there. In a database that takes no writes it is not kept.</summary>
    internal async Task KeepAsync(int column, TableCoverage counted, EmbeddingTable table, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            insert into embedding_admin.coverage_count as k (vector_column, definition, total, embedded, empty_source, at) values ($1, $2, $3, $4, $5, $6)
            on conflict (vector_column) do update
               set definition = excluded.definition, total = excluded.total, embedded = excluded.embedded, empty_source = excluded.empty_source, at = excluded.at
             where k.at < excluded.at
            """);
        foreach (var value in new object[] { column, Definition(table), counted.Total, counted.Embedded })
            command.Parameters.Add(new() { Value = value });
        command.Parameters.Add(new NpgsqlParameter { Value = counted[CoverageState.EmptySource] ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = counted.AsOf });
        try
        {
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException readOnly) when (readOnly.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            // A standby answers questions all the same.
        }
    }

    private static string Definition(EmbeddingTable table) => table.Filter ?? "";
}
