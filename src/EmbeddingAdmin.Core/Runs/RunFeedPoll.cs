using Microsoft.Extensions.Hosting;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Brings into the feed what other processes do (a run in a terminal, another instance), once a second while somebody watches and the schema is there.</summary>
public sealed class RunFeedPoll(RunStore store, RunFeed feed, SchemaGate schema, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await schema.Opened.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Every, clock);
            do
            {
                await feed.UntilWatchedAsync(stoppingToken);
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            foreach (var snapshot in await store.LiveAsync(stopping))
                feed.Publish(snapshot);
        }
        catch (NpgsqlException)
        {
            // The run host says so; here the next look is soon enough.
        }
    }
}
