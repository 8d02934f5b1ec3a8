using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tasks;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Drives a run from wherever it is to wherever it may go: to its end, to a pause, or to a fault. It knows nobody who calls it: the
/// host and the terminal call the same method.
/// </summary>
public sealed class Runner(RunStore store, Ledger ledger, RunTasks tasks, RunFeed feed, DatabaseBrake brake, CoverageHistory coverage, TimeProvider clock, ILogger<Runner> log)
{
    /// <summary>The sweeps after the main pass; what is still in scope then arrived too fast, and is counted as not attempted.</summary>
    public const int MostSweeps = 3;

    // For finding out what is behind a fault, before it is written down as what it looks like.
    private static readonly TimeSpan Explaining = TimeSpan.FromSeconds(5);

    /// <summary>Takes an enqueued run and drives it. Null when another worker was first.</summary>
    /// <param name="id">The run.</param>
    /// <param name="stopping">The host stops: the run is interrupted and goes on elsewhere or later.</param>
    public async Task<Run?> RunAsync(long id, CancellationToken stopping)
    {
        if (await store.Leases.TakeAsync(id, Actor.System, stopping) is not var (run, lease))
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
        using var halt = new Halt(clock, brake);
        await using var stop = stopping.Register(halt.Softly);
        var before = (await store.SnapshotAsync(run.Id, CancellationToken.None))?.Progress ?? RunProgress.None;
        // What a worker before this one told and could no longer write down counts as older.
        var ticker = new Ticker(clock, before with { Tick = before.Tick + RunProgress.Untold });
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
        if (halt.Fault is LeaseLostException)
            return run;
        using var asking = new CancellationTokenSource(Explaining, clock);
        var cause = halt.Fault is { } thrown ? await tasks.ExplainAsync(run, thrown, asking.Token) : null;
        var end = await new RunEnding(store, ledger, feed, brake, clock, log).WriteAsync(run, lease, cause, finished, ticker, stopping);
        await coverage.TakeAfterAsync(end);
        return end;
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

        feed.Publish(RunSnapshot.OfWorker(run, ticker.Progress, clock.GetUtcNow()));
        var cursor = await ledger.CursorAsync(run.Id, halt.Claiming);
        var memory = new PassMemory(
            new WriteSize(run.Plan.PageSize, tasks.Patience.Slow), new FailureWatch(run.Writes && run.Attempt == 1 ? receipt : Receipt.Empty), new Waits(ticker), tasks.Patience, clock);
        var pipeline = new Pipeline(task, lease, halt, ticker, memory, async (rows, cancel) =>
        {
            memory.Failures.Judge();
            await pace.WaitAsync(rows, cancel);
        });
        // A run that is taken up in the middle of a sweep ends that one first: what lies below it was not looked at since.
        var lastPass = cursor.Pass + MostSweeps;
        while (true)
        {
            ticker.Say(Phase(run, cursor.Pass));
            await task.BeginAsync(cursor.Pass, memory.Waits.ForOne(), halt.Claiming);
            var most = (run.Plan.Limit ?? long.MaxValue) - ticker.Progress.Receipt.Selected;
            if (task.Passes is { } passes)
            {
                // The limit is the first pass's; the others look at what that has taken.
                if (cursor.Pass > 0 || most > 0)
                    await pipeline.RunAsync(cursor, run.Plan.PageSize, cursor.Pass > 0 ? long.MaxValue : most);
                if (halt.Claiming.IsCancellationRequested)
                    return false;
                if (cursor.Pass + 1 >= passes)
                    return true;
                cursor = cursor with { Pass = cursor.Pass + 1, AfterKey = null };
                continue;
            }

            // A limit that is reached leaves no row to take but those that the run has taken and could not write because they were edited.
            var taken = most <= 0 && ticker.Progress.Receipt[RowOutcome.Changed] == 0 ? 0 : await pipeline.RunAsync(cursor, run.Plan.PageSize, most > 0 ? most : null);
            if (halt.Claiming.IsCancellationRequested)
                return false;
            memory.Failures.Judge();
            var swept = taken == 0 && (most <= 0 || (cursor.Pass > 0 && cursor.AfterKey is null));
            if (swept)
                return true;
            if (cursor.Pass >= lastPass)
            {
                await EnterRemainingAsync(run, lease, task, cursor, halt, ticker);
                return true;
            }

            cursor = cursor with { Pass = cursor.Pass + 1, AfterKey = null };
        }
    }

    private static string Phase(Run run, int pass) =>
        run.Writes ? pass > 0 ? "sweeping" : "embedding"
        : (VerifyPass)pass switch
        {
            VerifyPass.Compare => "comparing",
            VerifyPass.SecondLook => "looking again",
            VerifyPass.EqualVectors => "comparing vectors",
            _ => "embedding a sample",
        };

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
}
