using System.Collections.Concurrent;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Coverage;

/// <summary>
/// Counts a table's rows by state. However many pages are open, one count per table is under way at a time; the others share its answer.
/// </summary>
public sealed class CoverageReader(NpgsqlDataSource database, TableCatalog catalog, StampBook stamps, TimeProvider clock)
{
    // Past this the cheap count is shown instead: an operator who waits for a figure believes that nothing works.
    private static readonly TimeSpan FullCountTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan NullCountTimeout = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (long Started, Task<TableCoverage> Count)> _latest = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The coverage, not older than <paramref name="maxAge"/>.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public Task<TableCoverage> ReadAsync(EmbeddingTable table, TimeSpan maxAge, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_latest.TryGetValue(table.Name, out var latest)
                && (!latest.Count.IsCompleted || (latest.Count.IsCompletedSuccessfully && clock.GetElapsedTime(latest.Started) < maxAge)))
                return latest.Count.WaitAsync(cancel);
            // The count serves everybody who asks meanwhile, so the first asker's token must not end it.
            var count = CountAsync(table, CancellationToken.None);
            _latest[table.Name] = (clock.GetTimestamp(), count);
            return count.WaitAsync(cancel);
        }
    }

    private async Task<TableCoverage> CountAsync(EmbeddingTable table, CancellationToken cancel)
    {
        var target = await catalog.ResolveAsync(table, cancel);
        try
        {
            return await CountStatesAsync(target, cancel);
        }
        catch (PostgresException timeout) when (timeout.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return await CountNullsAsync(target, cancel);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Access.WriteRefusal.Explain(target, refused);
        }
    }

    private async Task<TableCoverage> CountStatesAsync(Target target, CancellationToken cancel)
    {
        var (column, madeFrom) = await stamps.CurrentAsync(target, cancel);
        var counts = string.Join(", ", CoverageStates.InOrder.Select((_, n) => $"count(*) filter (where state = {n})"));
        return await CountAsync(
            target,
            $"""
            select count(*), count(*) filter (where embedded), statement_timestamp(), {counts}
              from (select t.{target.Vector} is not null as embedded, {CoverageStates.Classify(target, "$2")} as state
                      from {target.Relation} t left join embedding_admin.stamp s on s.vector_column = $1 and s.row_key = t.{target.Key}::text where {target.Filter}) as rows
            """,
            FullCountTimeout, cancel, column, madeFrom);
    }

    /// <summary>Reads only the null bitmap: seconds where the full count takes minutes. What was not computed stays null.</summary>
    private Task<TableCoverage> CountNullsAsync(Target target, CancellationToken cancel) => CountAsync(
        target, $"select count(*), count(t.{target.Vector}), statement_timestamp() from {target.Relation} t where {target.Filter}", NullCountTimeout, cancel);

    private async Task<TableCoverage> CountAsync(Target target, string sql, TimeSpan timeout, CancellationToken cancel, params object[] values)
    {
        await using var session = await TableSession.OpenAsync(database, timeout, cancel);
        await using var command = session.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var withStates = reader.FieldCount > 3;
        return new TableCoverage
        {
            Table = target.Table.Name,
            Column = target.Table.Vector,
            Total = reader.GetInt64(0),
            Embedded = reader.GetInt64(1),
            AsOf = reader.GetFieldValue<DateTimeOffset>(2),
            States = CoverageStates.InOrder.ToDictionary(state => state, state => withStates ? reader.GetInt64(3 + CoverageStates.Place(state)) : (long?)null),
            Exact = true,
            CatalogRows = target.Facts.EstimatedRows,
        };
    }
}
