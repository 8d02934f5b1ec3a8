using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Coverage;

/// <summary>
/// Keeps how much was embedded over time: a snapshot per table every hour and after each run. All of the last week are kept, of the last year the last
/// of each day, and before that the last of each week.
/// </summary>
public sealed class CoverageHistory(NpgsqlDataSource database, TableCatalog catalog, CoverageReader counts, StampBook stamps, TimeProvider clock, ILogger<CoverageHistory> log)
{
    // In the order of the table's columns.
    private static readonly CoverageState[] Columns = Enum.GetValues<CoverageState>();

    private static readonly TimeSpan AfterRun = TimeSpan.FromSeconds(30);

    private static readonly string ColumnList = string.Join(", ", Columns.Select(Column));

    /// <summary>Counts the tables now and keeps what was found. One that cannot be counted is left out, and says so where it is shown.</summary>
    public async Task TakeAllAsync(CancellationToken cancel)
    {
        foreach (var table in catalog.Tables)
        {
            try
            {
                await TakeAsync(table, null, cancel);
            }
            catch (EmbeddingAdminException)
            {
                // There is nothing true to keep.
            }
        }
    }

    /// <summary>Keeps what a run has left behind. What happens to the run does not depend on it.</summary>
    internal async Task TakeAfterAsync(Run run)
    {
        if (run.Status.IsActive() || catalog.Find(run.Table) is not { } table)
            return;
        using var patience = new CancellationTokenSource(AfterRun, clock);
        try
        {
            await TakeAsync(table, run.Id, patience.Token);
        }
        catch (Exception fault) when (fault is NpgsqlException or EmbeddingAdminException or OperationCanceledException or Providers.ProviderFault)
        {
            log.CoverageNotKept(fault.GetType().Name);
        }
    }

    /// <summary>Counts a table now, keeps what was found, and thins what is old.</summary>
    /// <param name="table">The table.</param>
    /// <param name="run">The run that has just ended; null for a snapshot by the clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException">The table cannot be counted.</exception>
    public async Task TakeAsync(EmbeddingTable table, long? run, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var coverage = await counts.ReadAsync(table, TimeSpan.Zero, cancel);
        var column = await stamps.ColumnAsync(table.ColumnName, cancel);
        // A role that sees no row has seen nothing, which is no coverage of 0.
        if (!coverage.Exact || coverage.RowsHidden)
            return;
        await using var batch = database.CreateBatch();
        var insert = new NpgsqlBatchCommand(
            $"""
            insert into embedding_admin.coverage_snapshot (vector_column, at, run, total, embedded, {ColumnList})
            values ($1, $2, $3, $4, $5, {string.Join(", ", Columns.Select((_, n) => $"${n + 6}"))}) on conflict do nothing
            """);
        insert.Parameters.Add(new() { Value = column });
        insert.Parameters.Add(new() { Value = coverage.AsOf });
        insert.Parameters.Add(Rows(run));
        insert.Parameters.Add(Rows(coverage.Total));
        insert.Parameters.Add(Rows(coverage.Embedded));
        foreach (var state in Columns)
            insert.Parameters.Add(Rows(coverage[state]));
        batch.BatchCommands.Add(insert);
        foreach (var (age, kept) in new[] { ("7 days", "day"), ("1 year", "week") })
        {
            var thin = new NpgsqlBatchCommand(
                $"""
                delete from embedding_admin.coverage_snapshot s
                 where vector_column = $1 and at < clock_timestamp() - interval '{age}'
                   and exists (select from embedding_admin.coverage_snapshot l
                                where l.vector_column = $1 and l.at > s.at and date_trunc('{kept}', l.at, 'UTC') = date_trunc('{kept}', s.at, 'UTC'))
                """);
            thin.Parameters.Add(new() { Value = column });
            batch.BatchCommands.Add(thin);
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The snapshots of a table from a moment on, the oldest first; with the last one before it, so that a line has a beginning.</summary>
    /// <param name="table">The table.</param>
    /// <param name="from">The moment; null for all.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<CoverageSnapshot>> ReadAsync(EmbeddingTable table, DateTimeOffset? from, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        await using var command = database.CreateCommand(
            $"""
            select s.at, s.run, s.total, s.embedded, {ColumnList}
              from embedding_admin.coverage_snapshot s join embedding_admin.vector_column c on c.id = s.vector_column
             where c.name = $1 and s.at >= coalesce((select max(b.at) from embedding_admin.coverage_snapshot b where b.vector_column = c.id and b.at <= $2), '-infinity')
             order by s.at
            """);
        command.Parameters.Add(new() { Value = table.ColumnName });
        command.Parameters.Add(new NpgsqlParameter { Value = from?.ToUniversalTime() ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var snapshots = new List<CoverageSnapshot>();
        while (await reader.ReadAsync(cancel))
            snapshots.Add(await SnapshotAsync(reader, cancel));
        return snapshots;
    }

    /// <summary>The snapshot after the last backfill of a table; null when there is none.</summary>
    public async Task<CoverageSnapshot?> AfterLastRunAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        await using var command = database.CreateCommand(
            $"""
            select s.at, s.run, s.total, s.embedded, {ColumnList}
              from embedding_admin.coverage_snapshot s join embedding_admin.vector_column c on c.id = s.vector_column join embedding_admin.run r on r.id = s.run
             where c.name = $1 and r.kind = 'backfill' order by s.at desc limit 1
            """);
        command.Parameters.Add(new() { Value = table.ColumnName });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? await SnapshotAsync(reader, cancel) : null;
    }

    private static async Task<CoverageSnapshot> SnapshotAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var states = new Dictionary<CoverageState, long?>(Columns.Length);
        foreach (var (n, state) in Columns.Index())
            states[state] = await reader.IsDBNullAsync(4 + n, cancel) ? null : reader.GetInt64(4 + n);
        return new(reader.GetFieldValue<DateTimeOffset>(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), states);
    }

    private static string Column(CoverageState state) => state switch
    {
        CoverageState.Fresh => "fresh",
        CoverageState.StaleText => "stale_text",
        CoverageState.StaleConfig => "stale_config",
        CoverageState.Unstamped => "unstamped",
        CoverageState.Invalid => "invalid",
        CoverageState.EmptySource => "empty_source",
        CoverageState.Missing => "missing",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    private static NpgsqlParameter Rows(long? rows) => new() { Value = rows ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };
}
