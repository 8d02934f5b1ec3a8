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
public sealed class Runner(RunStore store, Ledger ledger, RunTasks tasks, RunFeed feed, DatabaseBrake brake, TimeProvider clock, ILogger<Runner> log)
{
    /// <summary>The sweeps after the main pass; what is still in scope then arrived too fast, and is counted as not attempted.</summary>
    public const int MostSweeps = 3;

    private const int LeastRowsToJudge = 50;
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
        var heartbeat = new Heartbeat(store, lease, run, halt, ticker, feed, pace, brake, clock);
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
            brake.Note(fault);
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
        if (run.ScopeRows is null)
            run = await store.SetScopeAsync(run, Math.Min(await task.CountAsync(halt.Claiming), run.Plan.Limit ?? long.MaxValue), halt.Claiming);

        feed.Publish(new RunSnapshot(run, ticker.Progress, clock.GetUtcNow()));
        var cursor = await ledger.CursorAsync(run.Id, halt.Claiming);
        var pipeline = new Pipeline(task, lease, halt, ticker, async (rows, cancel) =>
        {
            StopOnTooManyFailures(ticker.Progress.Receipt);
            await pace.WaitAsync(rows, cancel);
        });
        while (true)
        {
            ticker.Say(cursor.Pass > 0 ? "sweeping" : run.Writes ? "embedding" : "comparing");
            var most = (run.Plan.Limit ?? long.MaxValue) - ticker.Progress.Receipt.Selected;
            var taken = await pipeline.RunAsync(cursor, run.Plan.PageSize, most);
            if (halt.Claiming.IsCancellationRequested)
                return false;
            var swept = cursor.Pass > 0 && taken == 0;
            if (!task.Sweeps || swept || taken >= most || cursor.Pass >= MostSweeps)
                return true;
            cursor = cursor with { Pass = cursor.Pass + 1, AfterKey = null };
        }
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

    private static void StopOnTooManyFailures(Receipt receipt)
    {
        var failed = receipt[RowOutcome.Failed] + receipt[RowOutcome.TooLong];
        if (receipt.Selected >= LeastRowsToJudge && failed * 2 > receipt.Selected && receipt[RowOutcome.Failed] > 0)
            throw new EmbeddingAdminException(ErrorCodes.RunTooManyFailures, $"{failed} of {receipt.Selected} rows failed, which is more than half. The run stopped; the rows and their reasons are listed. Settle the cause and retry.");
    }

    private sealed record End(RunStatus To, StatusReason? Reason, Verdict? Verdict);
}
