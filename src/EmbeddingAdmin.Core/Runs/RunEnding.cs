using EmbeddingAdmin.Events;
using Microsoft.Extensions.Logging;

namespace EmbeddingAdmin.Runs;

/// <summary>Writes down how a run stands when its work has ended, however it did, and gives the lease back.</summary>
internal sealed class RunEnding(RunStore store, Ledger ledger, RunFeed feed, DatabaseBrake brake, TimeProvider clock, ILogger log)
{
    /// <summary>How long a host that stops goes on trying: its other duties have their share of the 25 s.</summary>
    private static readonly TimeSpan WhileStopping = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Tries until it is written, or until somebody else has the run. A pause that waits for a person is tried until the host stops, anything else
    /// only while the lease may last: after that the run is settled as one whose worker is gone.
    /// </summary>
    /// <returns>The run as it stands then, or as it was last seen.</returns>
    public async Task<Run> WriteAsync(Run run, RunLease lease, Exception? fault, bool finished, Ticker ticker, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        if (fault is null || RunFault.Judge(fault, clock.GetUtcNow()).To != RunStatus.Paused)
            patience.CancelAfter(RunLease.Length);
        await using var stop = stopping.Register(() => patience.CancelAfter(WhileStopping));
        try
        {
            while (true)
            {
                try
                {
                    return await WriteOnceAsync(run, lease, fault, finished, ticker, patience.Token);
                }
                catch (Exception silent) when (DatabaseFaults.Explain(silent) is not null && !DatabaseFaults.IsRefusal(silent))
                {
                    // A server that came back as one that takes no writes: that is what the run waits for now.
                    if (Holds(silent) is { } hold && fault is not null && RunFault.Judge(fault, clock.GetUtcNow()).To == RunStatus.Interrupted)
                    {
                        fault = hold;
                        if (!stopping.IsCancellationRequested)
                            patience.CancelAfter(Timeout.InfiniteTimeSpan);
                    }

                    Tell(run, fault ?? silent, ticker);
                }

                await Task.Delay(Again, clock, patience.Token);
            }
        }
        catch (Exception refused) when (DatabaseFaults.IsRefusal(refused))
        {
            brake.Note(refused);
            // Credentials that were refused are not tried again; whoever mends them finds the run where it stands.
            Tell(run, refused, ticker);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Left to the lease.
        }

        log.RunNotSettled(run.Id);
        return run;
    }

    private async Task<Run> WriteOnceAsync(Run run, RunLease lease, Exception? fault, bool finished, Ticker ticker, CancellationToken cancel)
    {
        var (receipt, tokens) = await ledger.SumAsync(run.Id, cancel);
        ticker.Correct(receipt, tokens);
        ticker.Say("");
        // Before the status, so that nobody sees an end with figures from before it.
        var progress = ticker.Progress with { RowsPerSecond = null };
        await store.SaveProgressAsync(lease, progress, cancel);
        while (true)
        {
            run = await store.FindAsync(run.Id, cancel) ?? run;
            if (!run.Status.IsWorking() || !await store.Leases.HoldsAsync(lease, cancel))
                break;
            var end = fault is null ? await HowAsync(run, finished, cancel) : await BoundAsync(run, RunFault.Judge(fault, clock.GetUtcNow()), cancel);
            if (fault is not null)
                log.RunFaulted(run.Id, end.Reason?.Code, fault.GetType().Name);
            var step = Over(run.Status, end);
            if (await store.MoveAsync(run, step, Actor.System, lease, cancel) is { } moved)
            {
                run = moved;
                if (step.To != RunStatus.Pausing)
                    break;
            }
        }

        await store.Leases.ReleaseAsync(lease, cancel);
        feed.Publish(RunSnapshot.OfWorker(run, progress, clock.GetUtcNow()));
        log.RunEnded(run.Id, run.Status, receipt.Selected);
        return run;
    }

    /// <summary>The next arrow to the end. A request that was pending is fulfilled, and keeps its own reason where the end brings none that matters more.</summary>
    private static RunEnd Over(RunStatus from, RunEnd end) => (from, end.To) switch
    {
        (RunStatus.Pausing, RunStatus.Interrupted) => new(RunStatus.Paused),
        (RunStatus.Cancelling, RunStatus.Interrupted or RunStatus.Paused) => new(RunStatus.Cancelled),
        // A pause that the run asks for itself goes over the same arrows as an operator's.
        (RunStatus.Running, RunStatus.Paused) => end with { To = RunStatus.Pausing },
        _ => end,
    };

    private async Task<RunEnd> HowAsync(Run run, bool finished, CancellationToken cancel)
    {
        if (!finished)
            return new(RunStatus.Interrupted, new(null, RunFault.HostStopped));
        if (await ledger.ImbalanceAsync(run, cancel) is { } imbalance)
            return new(RunStatus.Errored, new(ErrorCodes.RunUnbalanced, $"{imbalance} The run is not called done. Start a verify run, which reads every row again."));
        var (receipt, _) = await ledger.SumAsync(run.Id, cancel);
        return new(RunStatus.Succeeded, null, receipt.Verdict);
    }

    private async Task<RunEnd> BoundAsync(Run run, RunEnd end, CancellationToken cancel) =>
        end.To == RunStatus.Interrupted && run.Status == RunStatus.Running && await store.Leases.InterruptionsAsync(run.Id, cancel) + 1 >= RunFault.MostInterruptions
            ? RunFault.Stuck(end.Reason)
            : end;

    private static Exception? Holds(Exception silent) =>
        DatabaseFaults.Explain(silent)?.Code == ErrorCodes.DatabaseStandby ? new EmbeddingAdminException(ErrorCodes.DatabaseStandby, RunFault.Standby)
        : DatabaseFaults.IsForSomebody(silent) ? silent : null;

    /// <summary>Tells whoever watches in this process what cannot be written down.</summary>
    private void Tell(Run run, Exception fault, Ticker ticker)
    {
        ticker.Say("", RunFault.Judge(fault, clock.GetUtcNow()).Reason?.Sentence);
        feed.Publish(RunSnapshot.OfWorker(run, ticker.Progress with { RowsPerSecond = null }, clock.GetUtcNow()));
    }
}
