using EmbeddingAdmin.Events;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Who works on the runs. A worker takes a run, renews its lease and gives it back; what a worker that is gone left behind is settled, and
/// should it wake, another has its run.
/// </summary>
public sealed class RunLeases(NpgsqlDataSource database)
{
    // Between a fault of the database and the next attempt.
    private static readonly TimeSpan Respite = TimeSpan.FromSeconds(5);

    private static readonly StatusReason CutOff = new(null, "Its host stopped or was cut off.");

    /// <summary>Takes an enqueued run; null when somebody else was first.</summary>
    public async Task<(Run Run, RunLease Lease)?> TakeAsync(long id, Actor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(actor);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        await using var find = new NpgsqlCommand($"select {RunRecord.Columns} from embedding_admin.run r where r.id = $1 and r.status = 'enqueued' for update skip locked", connection, transaction)
        { Parameters = { new() { Value = id } } };
        if (await RunRecord.ReadAsync(find, cancel) is not { } run)
            return null;
        var taken = await TakeAsync(connection, transaction, run, actor, cancel);
        await transaction.CommitAsync(cancel);
        return taken;
    }

    /// <summary>Gives the next worker the run, together with whatever else the transaction does.</summary>
    internal static async Task<(Run Run, RunLease Lease)> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Run run, Actor actor, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into embedding_admin.run_lease as l (run, token, until) values ($1, 1, clock_timestamp() + make_interval(secs => $2))
            on conflict (run) do update set token = l.token + 1, until = excluded.until returning token
            """, connection, transaction)
        { Parameters = { new() { Value = run.Id }, new() { Value = RunLease.Length.TotalSeconds } } };
        var token = (long)(await command.ExecuteScalarAsync(cancel))!;
        var running = await RunMove.WriteAsync(connection, transaction, run, new(RunStatus.Running), actor, null, cancel);
        return (running!, new RunLease(run.Id, token));
    }

    /// <summary>Lengthens the lease; false when it is somebody else's.</summary>
    public async Task<bool> RenewAsync(RunLease lease, CancellationToken cancel) =>
        await LeaseAsync("update embedding_admin.run_lease set until = clock_timestamp() + make_interval(secs => $3) where run = $1 and token = $2", lease, RunLease.Length.TotalSeconds, cancel) == 1;

    /// <summary>Gives the lease back at once.</summary>
    public Task ReleaseAsync(RunLease lease, CancellationToken cancel) =>
        LeaseAsync("update embedding_admin.run_lease set until = clock_timestamp() - make_interval(secs => $3) where run = $1 and token = $2", lease, 0, cancel);

    /// <summary>Whether nobody else has taken the run since this lease was given.</summary>
    internal async Task<bool> HoldsAsync(RunLease lease, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select exists (select from embedding_admin.run_lease where run = $1 and token = $2)");
        command.Parameters.Add(new() { Value = lease.Run });
        command.Parameters.Add(new() { Value = lease.Token });
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>
    /// Fulfils a request in place of a worker that is gone. The lease's token is counted up first, which waits for a write that is still open and
    /// keeps the worker from writing ever after, should it wake.
    /// </summary>
    /// <returns>The new record; null when the run changed meanwhile, or its worker gave a sign.</returns>
    internal async Task<Run?> ForceAsync(Run seen, RunStatus to, Actor actor, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        await using var take = new NpgsqlCommand(
            """
            update embedding_admin.run_lease set token = token + 1, until = clock_timestamp()
             where run = $1 and until - make_interval(secs => $2) < clock_timestamp() - make_interval(secs => $3)
            """, connection, transaction)
        { Parameters = { new() { Value = seen.Id }, new() { Value = RunLease.Length.TotalSeconds }, new() { Value = RunSnapshot.Silence.TotalSeconds } } };
        var silent = await take.ExecuteNonQueryAsync(cancel) == 1;
        await using var guard = new NpgsqlCommand(
            """
            select ($3 or not exists (select from embedding_admin.run_lease where run = $1))
                   and exists (select from embedding_admin.run where id = $1 and changed_at < clock_timestamp() - make_interval(secs => $2))
            """, connection, transaction)
        { Parameters = { new() { Value = seen.Id }, new() { Value = RunSnapshot.Pending.TotalSeconds }, new() { Value = silent } } };
        if (!(bool)(await guard.ExecuteScalarAsync(cancel))!)
            return null;
        await Ledger.SumUpAsync(connection, transaction, seen.Id, cancel);
        var moved = await RunMove.WriteAsync(connection, transaction, seen, new(to, new(null, $"{actor.Name} forced it: its worker gave no sign any more.")), actor, null, cancel);
        if (moved is not null)
            await transaction.CommitAsync(cancel);
        return moved;
    }

    /// <summary>
    /// Settles the runs whose worker is gone: a request that was pending is fulfilled, a running one is interrupted; interrupted ones
    /// are taken up again.
    /// </summary>
    /// <returns>The runs that changed.</returns>
    public async Task<IReadOnlyList<Run>> SettleAbandonedAsync(CancellationToken cancel)
    {
        var settled = new List<Run>();
        await using var command = database.CreateCommand(
            $"""
            select {RunRecord.Columns} from embedding_admin.run r left join embedding_admin.run_lease l on l.run = r.id
             where (r.status = 'interrupted' and (r.reason_code is null or r.changed_at < clock_timestamp() - make_interval(secs => $1)))
                or (r.status in ('running', 'pausing', 'cancelling') and coalesce(l.until < clock_timestamp(), true))
             order by r.id
            """);
        command.Parameters.Add(new() { Value = Respite.TotalSeconds });
        var abandoned = new List<Run>();
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                abandoned.Add(RunRecord.Map(reader));
        }

        foreach (var run in abandoned)
        {
            if (await SettleAsync(run, await EndAsync(run, cancel), cancel) is { } moved)
                settled.Add(moved);
        }

        return settled;
    }

    /// <summary>
    /// How often in a row a worker was cut off without entering a page in the ledger, since the run began or somebody last let it go on. That
    /// a host was stopped on purpose does not count.
    /// </summary>
    internal async Task<int> InterruptionsAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select count(*)::int from embedding_admin.event e
             where e.run = $1 and e.kind = 'run.interrupted' and e.details ->> 'sentence' <> $2
               and e.at > greatest((select max(at) from embedding_admin.batch where run = $1),
                                   (select max(at) from embedding_admin.event where run = $1 and kind = 'run.enqueued' and details ->> 'via' <> $3))
            """);
        command.Parameters.Add(new() { Value = run });
        command.Parameters.Add(new() { Value = RunFault.HostStopped });
        command.Parameters.Add(new() { Value = Actor.System.Via });
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<Run?> SettleAsync(Run seen, RunEnd end, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        if (seen.Status.IsWorking())
            await Ledger.SumUpAsync(connection, transaction, seen.Id, cancel);
        var moved = await RunMove.WriteAsync(connection, transaction, seen, end, Actor.System, null, cancel);
        if (moved is not null)
            await transaction.CommitAsync(cancel);
        return moved;
    }

    private async Task<RunEnd> EndAsync(Run run, CancellationToken cancel) => run.Status switch
    {
        // What the system had to say of its own pause is worth more than that its host stopped.
        RunStatus.Pausing => new(RunStatus.Paused, run.ReasonCode is null ? new(null, "Its host stopped while the pause was pending.") : null),
        RunStatus.Cancelling => new(RunStatus.Cancelled, new(null, "Its host stopped while the cancellation was pending.")),
        RunStatus.Running => await InterruptionsAsync(run.Id, cancel) + 1 < RunFault.MostInterruptions
            ? new(RunStatus.Interrupted, CutOff)
            : RunFault.Stuck(CutOff),
        _ => new(RunStatus.Enqueued),
    };

    private async Task<int> LeaseAsync(string sql, RunLease lease, double seconds, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(lease);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await RunMove.BeginAsync(connection, cancel);
        await using var command = new NpgsqlCommand(sql, connection, transaction)
        { Parameters = { new() { Value = lease.Run }, new() { Value = lease.Token }, new() { Value = seconds } } };
        var rows = await command.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return rows;
    }
}
