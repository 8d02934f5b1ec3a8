using EmbeddingAdmin.Events;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Makes this process one of those that drive the runs: settles what a dead worker left behind, and sees to it that whatever is enqueued is called.
/// A run belongs to the hosts and not to whoever watches it. On shutdown its runs are interrupted and go on here or elsewhere. Until the schema is
/// there it does nothing; an instance that only shows settles nothing and drives nothing.
/// </summary>
public sealed class RunHost(RunStore store, RunFeed feed, RunJobs jobs, SchemaGate schema, DatabaseBrake brake, InstanceRole role, TimeProvider clock, ILogger<RunHost> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // In looks: a job too many costs nothing but its row.
    private const int TidyEvery = 20;

    private int _looks;
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
                await brake.UntilOffAsync(stoppingToken);
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the runs are told below.
        }

        await jobs.StopAsync(wait: await TakesWritesAsync());
    }

    private async Task<bool> TakesWritesAsync()
    {
        if (brake.Refusal is not null)
            return false;
        using var patience = new CancellationTokenSource(Patience, clock);
        try
        {
            return !await store.IsReadOnlyAsync(patience.Token);
        }
        catch (Exception silent) when (silent is NpgsqlException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            if (role.Drives)
                await HoldAsync(stopping);
            await jobs.StartAsync(role.Drives, stopping);
            if (role.Drives)
                await SettleAsync(stopping);
            await jobs.CallAsync(await store.EnqueuedAsync(stopping), stopping);
            if (_looks++ % TidyEvery == 0)
                await jobs.RemoveAsync(await store.EndedAsync(await jobs.RunsAsync(stopping), stopping), stopping);
            _silent = false;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException && !(fault is OperationCanceledException && stopping.IsCancellationRequested))
        {
            brake.Note(fault);
            // The host outlives whatever the database does. Said once, not at every look.
            if (!_silent)
                log.DatabaseSilent(fault.GetType().Name);
            _silent = true;
        }
    }

    /// <summary>Holds what is enqueued while the database is read-only: the jobs' store cannot be written then, so that nobody would ever say why.</summary>
    private async Task HoldAsync(CancellationToken stopping)
    {
        if (await store.EnqueuedAsync(stopping) is not { Count: > 0 } enqueued || !await store.IsReadOnlyAsync(stopping))
            return;
        foreach (var id in enqueued)
        {
            if (await store.FindAsync(id, stopping) is { Status: RunStatus.Enqueued } run)
                await store.MoveAsync(run, RunStatus.Paused, Actor.System, new(ErrorCodes.DatabaseReadOnly, RunFault.ReadOnly), stopping);
            if (await store.SnapshotAsync(id, stopping) is { } snapshot)
                feed.Publish(snapshot);
        }
    }

    private async Task SettleAsync(CancellationToken stopping)
    {
        foreach (var settled in await store.Leases.SettleAbandonedAsync(stopping))
        {
            if (await store.SnapshotAsync(settled.Id, stopping) is { } snapshot)
                feed.Publish(snapshot);
        }
    }
}
