using System.Collections.Concurrent;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Coverage;

/// <summary>
/// Says how a table's rows are divided among the states. A small table is counted by state in one statement. Of a large one the rows and the vectors are
/// counted, which reads no vector, and the states of the vectors are those that the last scan found. However many pages are open, one count per
/// table is under way at a time; the others share its answer.
/// </summary>
public sealed class CoverageReader(NpgsqlDataSource database, TableCatalog catalog, StampBook stamps, CoverageScan scan, CoverageCounter counter, IOptions<CoverageOptions> options, TimeProvider clock)
{
    // Past this the next cheaper count is shown instead: an operator who waits for a figure believes that nothing works.
    private static readonly TimeSpan FullCountTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan NullCountTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SlowFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, (long Started, Task<TableCoverage> Count)> _latest = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _slowTexts = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The coverage, counted exactly and not older than <paramref name="maxAge"/>.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public Task<TableCoverage> ReadAsync(EmbeddingTable table, TimeSpan maxAge, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
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
            var coverage = await CountAsync(target, cancel);
            return coverage.Total == 0 && table.Filter is not null ? coverage with { FilteredOut = await HasRowsAsync(target, cancel) } : coverage;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            var why = Access.WriteRefusal.Explain(target, refused);
            return why.Code == ErrorCodes.RowSecurity ? await HiddenAsync(target, cancel) ?? throw why : throw why;
        }
    }

    private async Task<TableCoverage> CountAsync(Target target, CancellationToken cancel)
    {
        if (options.Value.IsSmall(target.Facts.EstimatedRows))
        {
            try
            {
                return await CountStatesAsync(target, cancel);
            }
            catch (PostgresException timeout) when (timeout.SqlState == PostgresErrorCodes.QueryCanceled)
            {
                // Larger than the catalog knows, or its vectors or texts are.
            }
        }

        var (column, _) = await stamps.CurrentAsync(target, cancel);
        var coverage = await CountRowsAsync(target, cancel);
        await counter.KeepAsync(column, coverage, target.Table, cancel);
        var (progress, found, due) = await scan.ReadAsync(target, cancel);
        return found is null ? coverage with { Scan = progress, ScanDue = due } : coverage with
        {
            Scan = progress,
            ScanDue = due,
            Figures = CoverageStates.InOrder.ToDictionary(state => state, Figure? (state) => coverage.Figures[state] ?? new Figure(found.Counts[state], Basis.Scanned, found.BeganAt, found.EndedAt)),
        };
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
            CoverageStates.InOrder, FullCountTimeout, cancel, column, madeFrom);
    }

    /// <summary>Reads the null bitmap, and the text of rows without a vector while there is time for it. What was not computed stays null.</summary>
    private async Task<TableCoverage> CountRowsAsync(Target target, CancellationToken cancel)
    {
        // "vector is null" stands in it as well, and costs nothing there.
        var empty = CoverageStates.Predicate(CoverageState.EmptySource, target, "$1");
        // What took too long a while ago is not waited for at every count.
        if (_slowTexts.TryGetValue(target.Table.Name, out var gaveUp) && clock.GetElapsedTime(gaveUp) < SlowFor)
            return await CountNullsAsync(target, cancel);
        try
        {
            return await CountAsync(
                target,
                $"""
                select count(*), count(t.{target.Vector}), statement_timestamp(), count(*) filter (where case when t.{target.Vector} is null then {empty} end),
                       count(*) filter (where case when t.{target.Vector} is null then not ({empty}) end)
                  from {target.Relation} t where {target.Filter}
                """,
                [CoverageState.EmptySource, CoverageState.Missing], FullCountTimeout, cancel);
        }
        catch (PostgresException timeout) when (timeout.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            _slowTexts[target.Table.Name] = clock.GetTimestamp();
            return await CountNullsAsync(target, cancel);
        }
    }

    private Task<TableCoverage> CountNullsAsync(Target target, CancellationToken cancel) =>
        CountAsync(target, $"select count(*), count(t.{target.Vector}), statement_timestamp() from {target.Relation} t where {target.Filter}", [], NullCountTimeout, cancel);

    private async Task<TableCoverage> CountAsync(Target target, string sql, IReadOnlyList<CoverageState> states, TimeSpan timeout, CancellationToken cancel, params object[] values)
    {
        await using var session = await TableSession.OpenAsync(database, timeout, cancel);
        await using var command = session.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var at = reader.GetFieldValue<DateTimeOffset>(2);
        var computed = states.Index().ToDictionary(state => state.Item, state => Counted(3 + state.Index));
        return new TableCoverage
        {
            Table = target.Table.Name,
            Column = target.Table.Vector,
            Rows = Counted(0),
            WithVector = Counted(1),
            Figures = CoverageStates.InOrder.ToDictionary(state => state, state => computed.GetValueOrDefault(state)),
            CatalogRows = target.Facts.EstimatedRows,
        };

        Figure Counted(int place) => new(reader.GetInt64(place), Basis.Counted, at);
    }

    /// <summary>The coverage of a table of which the policies leave this role nothing; null when they leave it some rows, of which no figure would be true of the table.</summary>
    private async Task<TableCoverage?> HiddenAsync(Target target, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, FullCountTimeout, cancel);
        await session.ExecuteAsync("set local row_security = on", cancel);
        await using var command = session.Command($"select exists (select from {target.Relation}), statement_timestamp()");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        if (reader.GetBoolean(0))
            return null;
        var none = new Figure(0, Basis.Counted, reader.GetFieldValue<DateTimeOffset>(1));
        return new TableCoverage
        {
            Table = target.Table.Name,
            Column = target.Table.Vector,
            Rows = none,
            WithVector = none,
            Figures = CoverageStates.InOrder.ToDictionary(state => state, _ => (Figure?)null),
            CatalogRows = target.Facts.EstimatedRows,
            RowsHidden = true,
        };
    }

    private async Task<bool> HasRowsAsync(Target target, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, FullCountTimeout, cancel);
        await using var command = session.Command($"select exists (select from {target.Relation})");
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }
}
