using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Drives the runs of this process: takes what is enqueued, settles what a dead worker left behind. A run belongs to the host and not
/// to whoever watches it. On shutdown its runs are interrupted and go on at the next start. Until the schema is there it does nothing.
/// </summary>
public sealed class RunHost(RunStore store, Runner runner, RunFeed feed, SchemaGate schema, TimeProvider clock, ILogger<RunHost> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<long, Task> _runs = new();
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
            // The host stops; the runs below end on their own.
        }

        await Task.WhenAll(_runs.Values);
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            foreach (var settled in await store.SettleAbandonedAsync(stopping))
            {
                if (await store.SnapshotAsync(settled.Id, stopping) is { } snapshot)
                    feed.Publish(snapshot);
            }

            foreach (var run in await store.EnqueuedAsync(stopping))
                _ = _runs.GetOrAdd(run, id => Task.Run(() => DriveAsync(id, stopping), CancellationToken.None));
            _silent = false;
        }
        catch (NpgsqlException silent)
        {
            // Said once, not at every look.
            if (!_silent)
                log.DatabaseSilent(silent.GetType().Name);
            _silent = true;
        }
    }

    private async Task DriveAsync(long run, CancellationToken stopping)
    {
        try
        {
            await runner.RunAsync(run, stopping);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The dashboard outlives any run. The lease runs out, and the run is settled as one whose worker died.
            log.RunNotDriven(run, fault.GetType().Name);
        }
        finally
        {
            _runs.TryRemove(run, out _);
        }
    }
}
