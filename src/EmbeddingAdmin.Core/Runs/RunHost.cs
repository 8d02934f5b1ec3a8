using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Quartz;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Makes this process one of those that drive the runs: settles what a dead worker left behind, and sees to it that whatever is enqueued is called.
/// A run belongs to the hosts and not to whoever watches it. On shutdown its runs are interrupted and go on here or elsewhere. Until the schema is
/// there it does nothing.
/// </summary>
public sealed class RunHost(RunStore store, RunFeed feed, RunJobs jobs, SchemaGate schema, TimeProvider clock, ILogger<RunHost> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private bool _silent;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await schema.Opened.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Look, clock);
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the runs are told below.
        }

        await jobs.StopAsync();
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            await jobs.StartAsync(fires: true, stopping);
            foreach (var settled in await store.SettleAbandonedAsync(stopping))
            {
                if (await store.SnapshotAsync(settled.Id, stopping) is { } snapshot)
                    feed.Publish(snapshot);
            }

            await jobs.CallAsync(await store.EnqueuedAsync(stopping), stopping);
            _silent = false;
        }
        catch (Exception silent) when (silent is NpgsqlException or SchedulerException)
        {
            // Said once, not at every look.
            if (!_silent)
                log.DatabaseSilent(silent.GetType().Name);
            _silent = true;
        }
    }
}
