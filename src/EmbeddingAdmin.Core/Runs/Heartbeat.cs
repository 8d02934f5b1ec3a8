using EmbeddingAdmin.Providers;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// What goes on beside the work: the lease is renewed, requests of operators are noticed, progress is written down and published. It
/// uses connections of its own, so that busy writers never hold it up.
/// </summary>
internal sealed class Heartbeat(RunStore store, RunLease lease, Run run, Halt halt, Ticker ticker, RunFeed feed, ProviderPace pace, DatabaseBrake brake, TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private Run _run = run;

    public async Task RunAsync(CancellationToken ended)
    {
        await Task.WhenAll(RenewAsync(ended), LookAsync(ended), PublishAsync(ended));
    }

    private async Task RenewAsync(CancellationToken ended)
    {
        var renewed = clock.GetTimestamp();
        await EachAsync(RunLease.Renewal, async () =>
        {
            if (!await store.Leases.RenewAsync(lease, ended))
                halt.Because(new LeaseLostException(lease));
            renewed = clock.GetTimestamp();
        }, () =>
        {
            // The database did not answer; past the lease's end somebody else may have the run.
            if (clock.GetElapsedTime(renewed) > RunLease.Length)
                halt.Because(new LeaseLostException(lease));
        }, ended);
    }

    private Task LookAsync(CancellationToken ended) => EachAsync(Look, async () =>
    {
        if (await store.FindAsync(lease.Run, ended) is not { } now)
        {
            halt.Because(new LeaseLostException(lease));
            return;
        }

        _run = now;
        pace.RowsPerSecond = now.RowsPerSecond;
        if (now.Status.IsStopping())
            halt.Softly();
        if (ticker.Persist() is { } progress)
            await store.SaveProgressAsync(lease, progress, ended);
    }, null, ended);

    private Task PublishAsync(CancellationToken ended) => EachAsync(Ticker.PublishEvery, () =>
    {
        // A request made in this process is in the feed already, sooner than the next look at the record.
        if (feed.Latest(lease.Run)?.Run.Status.IsStopping() == true)
            halt.Softly();
        if (ticker.Publish() is { } progress)
            feed.Publish(RunSnapshot.OfWorker(_run, progress, clock.GetUtcNow()));
        return Task.CompletedTask;
    }, null, ended);

    private async Task EachAsync(TimeSpan period, Func<Task> beat, Action? failed, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                try
                {
                    await beat();
                }
                catch (NpgsqlException fault)
                {
                    brake.Note(fault);
                    // Credentials that were refused are refused for the writers as well, and must not be tried again.
                    if (DatabaseFaults.IsRefusal(fault))
                        halt.Because(fault);
                    failed?.Invoke();
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The run has ended.
        }
    }
}
