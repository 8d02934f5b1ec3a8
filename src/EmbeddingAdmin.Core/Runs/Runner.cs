using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tasks;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Drives a run from wherever it is to wherever it may go: to its end, to a pause, or to a fault. It knows nobody who calls it: the
/// host and the terminal call the same method.
/// </summary>
public sealed class Runner(RunStore store, Ledger ledger, RunTasks tasks, RunFeed feed, TimeProvider clock, ILogger<Runner> log)
{
    /// <summary>The sweeps after the main pass; what is still in scope then arrived too fast, and is counted as not attempted.</summary>
    public const int MostSweeps = 3;

    private const string WroteStays = "What was written stays.";

    /// <summary>Takes an enqueued run and drives it. Null when another worker was first.</summary>
    /// <param name="id">The run.</param>
    /// <param name="stopping">The host stops: the run is interrupted and goes on elsewhere or later.</param>
    public async Task<Run?> RunAsync(long id, CancellationToken stopping)
    {
        if (await store.TakeAsync(id, Actor.System, stopping) is not var (run, lease))
            return null;
        return await RunAsync(run, lease, stopping);
    }

    /// <summary>Drives a run whose lease the caller holds.</summary>
    /// <returns>The run as it stands then; as it was last seen, when another worker took it over.</returns>
    public Task<Run> RunAsync(Run run, RunLease lease, CancellationToken stopping) => RunAsync(run, lease, null, stopping);

    /// <summary>The same with vectors that were made before: what gives them stands in for the provider.</summary>
    internal async Task<Run> RunAsync(Run run, RunLease lease, IEmbeddingGenerator<string, Embedding<float>>? shown, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(lease);
        using var halt = new Halt(clock);
        await using var stop = stopping.Register(halt.Softly);
        var before = (await store.SnapshotAsync(run.Id, CancellationToken.None))?.Progress ?? RunProgress.None;
        var ticker = new Ticker(clock, before);
        using var pace = new ProviderPace(clock, run.RowsPerSecond);
        using var ended = new CancellationTokenSource();
        var heartbeat = new Heartbeat(store, lease, run, halt, ticker, feed, pace, clock);
        var beating = heartbeat.RunAsync(ended.Token);
        log.RunStarted(run.Id, run.Kind, run.Table);
        var finished = false;
        try
        {
            finished = await WorkAsync(run, lease, shown, halt, ticker, pace);
        }
        catch (OperationCanceledException) when (halt.Claiming.IsCancellationRequested)
        {
            // Halted between two passes.
        }
        catch (Exception fault)
        {
            halt.Because(fault);
        }

        await ended.CancelAsync();
        await beating;
        return halt.Fault is LeaseLostException ? run : await EndAsync(run, lease, halt.Fault, finished, ticker);
    }

    /// <summary>All passes; true when the scope is done.</summary>
    private async Task<bool> WorkAsync(Run run, RunLease lease, IEmbeddingGenerator<string, Embedding<float>>? shown, Halt halt, Ticker ticker, ProviderPace pace)
    {
        var (receipt, tokens) = await ledger.SumAsync(run.Id, halt.Claiming);
        ticker.Correct(receipt, tokens);
        await using var task = await tasks.CreateAsync(run, shown, halt.Claiming);
        ticker.Say("reading back");
        ticker.Count(await task.RecoverAsync(lease, halt.Claiming), 0);
        ticker.Say("counting");
        if (run.ScopeRows is null && await CountAsync(task, halt.Claiming) is { } scope)
            run = await store.SetScopeAsync(run, Math.Min(scope, run.Plan.Limit ?? long.MaxValue), halt.Claiming);

        feed.Publish(new RunSnapshot(run, ticker.Progress, clock.GetUtcNow()));
        var cursor = await ledger.CursorAsync(run.Id, halt.Claiming);
        var memory = new PassMemory(
            new WriteSize(run.Plan.PageSize, tasks.Patience.Slow), new FailureWatch(run.Attempt == 1 ? receipt : Receipt.Empty), new Waits(ticker), tasks.Patience, clock);
        var pipeline = new Pipeline(task, lease, halt, ticker, memory, async (rows, cancel) =>
        {
            memory.Failures.Judge();
            await pace.WaitAsync(rows, cancel);
        });
        // A run that is taken up in the middle of a sweep ends that one first: what lies below it was not looked at since.
        var lastPass = cursor.Pass + MostSweeps;
        while (true)
        {
            ticker.Say(cursor.Pass > 0 ? "sweeping" : run.Writes ? "embedding" : "comparing");
            var most = (run.Plan.Limit ?? long.MaxValue) - ticker.Progress.Receipt.Selected;
            // A limit that is reached leaves no row to take but those that the run has taken and could not write because they were edited.
            var taken = most <= 0 && ticker.Progress.Receipt[RowOutcome.Changed] == 0 ? 0 : await pipeline.RunAsync(cursor, run.Plan.PageSize, most > 0 ? most : null);
            if (halt.Claiming.IsCancellationRequested)
                return false;
            memory.Failures.Judge();
            var swept = taken == 0 && (most <= 0 || (cursor.Pass > 0 && cursor.AfterKey is null));
            if (!task.Sweeps || swept)
                return true;
            if (cursor.Pass >= lastPass)
            {
                await EnterRemainingAsync(run, lease, task, cursor, halt, ticker);
                return true;
            }

            cursor = cursor with { Pass = cursor.Pass + 1, AfterKey = null };
        }
    }

    /// <summary>The rows in scope that the run has not dealt with; null when the table is too large to be counted in the time for it. The run goes on without.</summary>
    private static async Task<long?> CountAsync(IRunTask task, CancellationToken cancel)
    {
        try
        {
            return await task.CountAsync(cancel);
        }
        catch (PostgresException slow) when (slow.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable)
        {
            return null;
        }
    }

    /// <summary>Rows came faster than they were swept, or nobody let them be written: what is left is counted, and stands in the receipt.</summary>
    private async Task EnterRemainingAsync(Run run, RunLease lease, IRunTask task, RunCursor cursor, Halt halt, Ticker ticker)
    {
        var progress = ticker.Progress.Receipt;
        var allowed = (run.Plan.Limit ?? long.MaxValue) - (progress.Selected - progress[RowOutcome.NotAttempted]);
        var left = await CountAsync(task, halt.Claiming)
            ?? throw new EmbeddingAdminException(ErrorCodes.DatabaseTooBusy, "The database could not count in its time what is left of the run's scope. What was written stays; the run is not called done. Retry goes on from there.");
        ticker.Count(await ledger.EnterRemainingAsync(run, lease, cursor, Math.Clamp(left, 0, Math.Max(0, allowed)), halt.Claiming), 0);
    }

    /// <summary>Writes down how the run stands now. A state that somebody changed meanwhile is read again and judged again.</summary>
    private async Task<Run> EndAsync(Run run, RunLease lease, Exception? fault, bool finished, Ticker ticker)
    {
        // The stop itself is written down even when the host is stopping: otherwise nobody would know for 15 s.
        var cancel = CancellationToken.None;
        var (receipt, tokens) = await ledger.SumAsync(run.Id, cancel);
        ticker.Correct(receipt, tokens);
        ticker.Say("");
        // Before the status, so that nobody sees an end with figures from before it.
        var progress = ticker.Progress with { RowsPerSecond = null };
        await store.SaveProgressAsync(run.Id, progress, cancel);
        while (true)
        {
            run = await store.FindAsync(run.Id, cancel) ?? run;
            if (!run.Status.IsWorking())
                break;
            var end = fault is null ? await HowAsync(run, finished, cancel) : Blame(fault);
            if (fault is not null)
                log.RunFaulted(run.Id, end.Reason?.Code, fault.GetType().Name);
            var to = run.Status switch
            {
                RunStatus.Pausing when end.To is RunStatus.Interrupted => RunStatus.Paused,
                RunStatus.Cancelling when end.To is RunStatus.Interrupted or RunStatus.Paused => RunStatus.Cancelled,
                // A pause that the run asks for itself goes over the same arrows as an operator's.
                RunStatus.Running when end.To is RunStatus.Paused => RunStatus.Pausing,
                _ => end.To,
            };
            if (await store.MoveAsync(run, to, Actor.System, end.Reason, cancel, end.Verdict) is { } moved)
            {
                run = moved;
                if (to != RunStatus.Pausing)
                    break;
            }
        }

        await store.ReleaseAsync(lease, cancel);
        feed.Publish(new RunSnapshot(run, progress, clock.GetUtcNow()));
        log.RunEnded(run.Id, run.Status, receipt.Selected);
        return run;
    }

    private async Task<End> HowAsync(Run run, bool finished, CancellationToken cancel)
    {
        if (!finished)
            return new(RunStatus.Interrupted, run.Status == RunStatus.Running ? new(null, "Its host stopped; it goes on by itself.") : null, null);
        if (await ledger.ImbalanceAsync(run, cancel) is { } imbalance)
            return new(RunStatus.Errored, new(ErrorCodes.RunUnbalanced, $"{imbalance} The run is not called done. Start a verify run, which reads every row again."), null);
        var (receipt, _) = await ledger.SumAsync(run.Id, cancel);
        return new(RunStatus.Succeeded, null, receipt.Verdict);
    }

    private End Blame(Exception fault) => fault switch
    {
        ProviderFault { Kind: ProviderFaultKind.Credentials or ProviderFaultKind.Quota } refused =>
            new(RunStatus.Paused, new(refused.Code, ProviderFault.Join(refused.Happened, WroteStays, refused.ToDo, "The run holds; resume it when that is settled.")), null),
        ProviderFault { RetryAfter: { } wait } busy when wait > EmbeddingCall.LongestWait =>
            new(RunStatus.Paused, new(busy.Code, ProviderFault.Join(busy.Happened, WroteStays, $"It may be asked again from {(clock.GetUtcNow() + wait).UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC on; resume the run then.")), null),
        ProviderFault provider => new(RunStatus.Errored, new(provider.Code, ProviderFault.Join(provider.Happened, WroteStays, provider.ToDo, "Retry goes on from there.")), null),
        EmbeddingAdminException known => new(RunStatus.Errored, new(known.Code, known.Message), null),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull or PostgresErrorCodes.ReadOnlySqlTransaction } full =>
            new(RunStatus.Paused, new(ErrorCodes.DatabaseFull, $"The database takes no writes ({full.SqlState}). What was written stays; resume when it does."), null),
        PostgresException sql => new(RunStatus.Errored, new(ErrorCodes.DatabaseFault, $"The database answered {sql.SqlState}: {sql.MessageText}. What was written stays; retry goes on from there."), null),
        NpgsqlException => new(RunStatus.Errored, new(ErrorCodes.DatabaseUnreachable, "The connection to the database was lost. What was written stays; retry goes on from there."), null),
        _ => new(RunStatus.Errored, new(ErrorCodes.RunFault, $"Something unexpected happened ({fault.GetType().Name}); the log has the details. What was written stays; retry goes on from there."), null),
    };

    private sealed record End(RunStatus To, StatusReason? Reason, Verdict? Verdict);
}
