using System.Text.Json;
using EmbeddingAdmin.Events;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// The runs' records. Every change of a status is guarded by the version that its author saw, checked against
/// <see cref="RunTransitions"/>, and written together with its event.
/// </summary>
public sealed class RunStore(NpgsqlDataSource database)
{
    private const string Columns = RunRecord.Columns;

    /// <summary>Who works on the runs.</summary>
    public RunLeases Leases { get; } = new(database);

    /// <summary>
    /// Makes a run. With <paramref name="take"/> the caller gets it at once, Running and with its lease, so that no host takes it. What
    /// the preflight came to, <paramref name="findings"/>, is the first thing that is told of it.
    /// </summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.ColumnHeld"/>: another writing run holds the column; its sentence says which, by whom and since when.</exception>
    public async Task<(Run Run, RunLease? Lease)> CreateAsync(RunKind kind, string table, int vectorColumn, RunPlan plan, Actor actor, bool take, CancellationToken cancel, IReadOnlyList<PreflightFinding>? findings = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(actor);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        await using var insert = new NpgsqlCommand(
            $"""
            insert into embedding_admin.run as r (kind, target, vector_column, status, actor, plan, rows_per_second)
            values ($1, $2, $3, 'enqueued', $4, $5, $6) returning {Columns}
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = Run.Name(kind) }, new() { Value = table }, new() { Value = vectorColumn }, new() { Value = actor.Name },
                new() { Value = JsonSerializer.Serialize(plan, RunPlan.Json), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = plan.RowsPerSecond ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Double },
            },
        };
        Run run;
        try
        {
            run = (await RunRecord.ReadAsync(insert, cancel))!;
        }
        catch (PostgresException held) when (held is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "run_one_writer" })
        {
            await transaction.RollbackAsync(cancel);
            throw Held(await HolderAsync(vectorColumn, cancel));
        }

        foreach (var finding in findings ?? [])
            await EventLog.RecordAsync(connection, transaction, Actor.System, run.Id, finding.Kind, finding.Sentence, cancel, finding.Code);
        await EventLog.RecordAsync(connection, transaction, actor, run.Id, "run.enqueued", $"{actor.Name} asked for a {Run.Name(kind)} of {table}: {ScopeWords.Of(plan)}.", cancel);
        RunLease? lease = null;
        if (take)
            (run, lease) = await RunLeases.TakeAsync(connection, transaction, run, actor, cancel);
        await transaction.CommitAsync(cancel);
        return (run, lease);
    }

    /// <summary>Refuses when a writing run holds the column now. It may come to hold it right after: only <see cref="CreateAsync"/> decides.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.ColumnHeld"/>.</exception>
    public async Task RefuseHeldAsync(int vectorColumn, CancellationToken cancel)
    {
        if (await HolderAsync(vectorColumn, cancel) is { } holder)
            throw Held(holder);
    }

    /// <summary>The run's record, or null.</summary>
    public async Task<Run?> FindAsync(long id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"select {Columns} from embedding_admin.run r where r.id = $1");
        command.Parameters.Add(new() { Value = id });
        return await RunRecord.ReadAsync(command, cancel);
    }

    /// <summary>The run with its progress as it was last written down, or null.</summary>
    public async Task<RunSnapshot?> SnapshotAsync(long id, CancellationToken cancel) =>
        (await SnapshotsAsync("where r.id = $1", cancel, id)).FirstOrDefault();

    /// <summary>These runs, as far as they are there.</summary>
    public Task<IReadOnlyList<RunSnapshot>> SnapshotsAsync(IReadOnlyCollection<long> ids, CancellationToken cancel) => SnapshotsAsync("where r.id = any($1)", cancel, ids.ToArray());

    /// <summary>The newest runs first, of one table or of all.</summary>
    public Task<IReadOnlyList<RunSnapshot>> NewestAsync(string? table, int most, CancellationToken cancel) => table is null
        ? SnapshotsAsync("order by r.id desc limit $1", cancel, most)
        : SnapshotsAsync("where r.target = $2 order by r.id desc limit $1", cancel, most, table);

    /// <summary>The runs of a table that have ended since a moment, the last one first.</summary>
    public Task<IReadOnlyList<RunSnapshot>> EndedSinceAsync(string table, DateTimeOffset from, int most, CancellationToken cancel) =>
        SnapshotsAsync("where r.target = $1 and r.ended_at >= $2 order by r.ended_at desc limit $3", cancel, table, from.ToUniversalTime(), most);

    /// <summary>The runs that are working or changed in the last minute: what a feed in another process has to tell.</summary>
    public Task<IReadOnlyList<RunSnapshot>> LiveAsync(CancellationToken cancel) =>
        SnapshotsAsync("where r.status not in ('succeeded', 'cancelled', 'errored', 'paused') or r.changed_at > clock_timestamp() - interval '1 minute' order by r.id", cancel);

    /// <summary>The numbers of the runs that wait for a worker, oldest first.</summary>
    public async Task<IReadOnlyList<long>> EnqueuedAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select id from embedding_admin.run where status = 'enqueued' order by id");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ids = new List<long>();
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return ids;
    }

    /// <summary>Which of these numbers are of runs that have ended, or of none.</summary>
    public async Task<IReadOnlyList<long>> EndedAsync(IReadOnlyList<long> runs, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "select unnest($1) except select id from embedding_admin.run where status not in ('succeeded', 'cancelled', 'errored')");
        command.Parameters.Add(new() { Value = runs.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ended = new List<long>();
        while (await reader.ReadAsync(cancel))
            ended.Add(reader.GetInt64(0));
        return ended;
    }

    /// <summary>Changes the status, if the run is still at the version of <paramref name="seen"/>.</summary>
    /// <returns>The new record; null when the run changed meanwhile and nothing was done.</returns>
    /// <exception cref="InvalidOperationException">There is no such arrow.</exception>
    public Task<Run?> MoveAsync(Run seen, RunStatus to, Actor actor, StatusReason? reason, CancellationToken cancel) =>
        MoveAsync(seen, new RunEnd(to, reason), actor, null, cancel);

    /// <summary>The same for a worker: it changes nothing any more when another has the run's lease.</summary>
    internal async Task<Run?> MoveAsync(Run seen, RunEnd end, Actor actor, RunLease? fence, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(actor);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        var run = await RunMove.WriteAsync(connection, transaction, seen, end, actor, fence, cancel);
        await transaction.CommitAsync(cancel);
        return run;
    }

    /// <summary>Whether the database takes no writes but those that insist, as a project's does whose disk ran full. A standby is another matter.</summary>
    internal async Task<bool> IsReadOnlyAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select current_setting('transaction_read_only') = 'on' and not pg_is_in_recovery()");
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Notes the server that the run works on, unless one is known.</summary>
    internal async Task NoteServerAsync(long run, string server, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update embedding_admin.run set server = $2 where id = $1 and server is null");
        command.Parameters.Add(new() { Value = run });
        command.Parameters.Add(new() { Value = server });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The code with which the run was paused last; null when it never was, or nothing was wrong.</summary>
    internal async Task<string?> LastPauseAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select details ->> 'code' from embedding_admin.event where run = $1 and kind = 'run.paused' order by id desc limit 1");
        command.Parameters.Add(new() { Value = run });
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <summary>Notes how many rows were in scope at the start; the first count stays.</summary>
    public async Task<Run> SetScopeAsync(Run run, long rows, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        await using var command = database.CreateCommand(
            $"update embedding_admin.run r set scope_rows = coalesce(r.scope_rows, $2), version = r.version + 1 where r.id = $1 returning {Columns}");
        command.Parameters.Add(new() { Value = run.Id });
        command.Parameters.Add(new() { Value = rows });
        return (await RunRecord.ReadAsync(command, cancel))!;
    }

    /// <summary>Sets the pace of a run, in rows per second; null for as fast as it goes.</summary>
    public async Task<Run?> SetPaceAsync(long id, double? rowsPerSecond, Actor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(actor);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        await using var command = new NpgsqlCommand(
            $"update embedding_admin.run r set rows_per_second = $2, version = r.version + 1 where r.id = $1 returning {Columns}", connection, transaction)
        { Parameters = { new() { Value = id }, new() { Value = rowsPerSecond ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Double } } };
        var run = await RunRecord.ReadAsync(command, cancel);
        if (run is not null)
            await EventLog.RecordAsync(connection, transaction, actor, id, "run.pace", rowsPerSecond is { } pace ? $"{actor.Name} set the pace to {pace:0.##} rows per second." : $"{actor.Name} lifted the pace.", cancel);
        await transaction.CommitAsync(cancel);
        return run;
    }

    /// <summary>Writes the progress row, unless another worker has the run.</summary>
    public async Task SaveProgressAsync(RunLease lease, RunProgress progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(lease);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        await using var command = new NpgsqlCommand(
            """
            insert into embedding_admin.run_progress (run, progress) select l.run, $3 from embedding_admin.run_lease l where l.run = $1 and l.token = $2
            on conflict (run) do update set progress = excluded.progress, at = clock_timestamp()
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = lease.Run }, new() { Value = lease.Token },
                new() { Value = JsonSerializer.Serialize(progress, RunPlan.Json), NpgsqlDbType = NpgsqlDbType.Jsonb },
            },
        };
        await command.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }

    private async Task<Run?> HolderAsync(int vectorColumn, CancellationToken cancel) =>
        (await SnapshotsAsync("where r.vector_column = $1 and r.kind = 'backfill' and r.status not in ('succeeded', 'cancelled', 'errored')", cancel, vectorColumn)).FirstOrDefault()?.Run;

    private static EmbeddingAdminException Held(Run? holder) => new(ErrorCodes.ColumnHeld, holder is null
        ? "Another run held this column and has just ended. No run was started. Start again."
        : $"Run {holder.Id} ({holder.Status.Name()}) holds this column since {holder.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC; {holder.Actor} started it. No second run was started. Wait for it, or cancel it.");

    private async Task<IReadOnlyList<RunSnapshot>> SnapshotsAsync(string where, CancellationToken cancel, params object[] values)
    {
        await using var command = database.CreateCommand(
            $"""
            select {Columns}, p.progress, clock_timestamp(), l.until - make_interval(secs => {RunLease.Length.TotalSeconds:0})
              from embedding_admin.run r left join embedding_admin.run_progress p on p.run = r.id left join embedding_admin.run_lease l on l.run = r.id {where}
            """);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var snapshots = new List<RunSnapshot>();
        while (await reader.ReadAsync(cancel))
        {
            var progress = RunRecord.Text(reader, RunRecord.Width) is { } json ? JsonSerializer.Deserialize<RunProgress>(json, RunPlan.Json)! : RunProgress.None;
            snapshots.Add(new(RunRecord.Map(reader), progress, reader.GetFieldValue<DateTimeOffset>(RunRecord.Width + 1)) { Heartbeat = RunRecord.Time(reader, RunRecord.Width + 2) });
        }

        return snapshots;
    }
}
