using System.Runtime.CompilerServices;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>A table's coverage over a time.</summary>
/// <param name="Range">The time.</param>
/// <param name="From">When it begins; null for all there is.</param>
/// <param name="Snapshots">What was counted, the oldest first; with the last count before the beginning.</param>
/// <param name="Runs">The runs that ended in it, the last first.</param>
/// <param name="AsOf">When it was read.</param>
public sealed record HistoryView(HistoryRange Range, DateTimeOffset? From, IReadOnlyList<CoverageSnapshot> Snapshots, IReadOnlyList<RunSnapshot> Runs, DateTimeOffset AsOf)
{
    /// <summary>More runs than these are not marked.</summary>
    public const int MostRuns = 50;
}

/// <summary>The history of a table's coverage, and again whenever a run has ended.</summary>
internal sealed class HistoryWatch(RunFeed feed, RunStore store, CoverageHistory history, TimeProvider clock)
{
    // The count after a run is kept a moment after its end was told.
    private static readonly TimeSpan UntilKept = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    public async IAsyncEnumerable<HistoryView> WatchAsync(EmbeddingTable table, HistoryRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int? seen = null;
        await foreach (var published in feed.WatchAllAsync(cancellationToken))
        {
            var ended = published.Values.Count(snapshot => snapshot.Run.Table == table.Name && snapshot.Run.EndedAt is not null);
            if (ended == seen)
                continue;
            seen = ended;
            var view = await ReadAsync(table, range, cancellationToken);
            yield return view;
            while (IsAwaited(view))
            {
                await Task.Delay(Look, clock, cancellationToken);
                view = await ReadAsync(table, range, cancellationToken);
                yield return view;
            }
        }
    }

    private bool IsAwaited(HistoryView view) =>
        view.Runs is [var last, ..] && clock.GetUtcNow() - last.Run.EndedAt < UntilKept && view.Snapshots.All(snapshot => snapshot.Run != last.Run.Id);

    private async Task<HistoryView> ReadAsync(EmbeddingTable table, HistoryRange range, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var from = range.From(now);
        var snapshots = await history.ReadAsync(table, from, cancel);
        return new(range, from, snapshots, await store.EndedSinceAsync(table.Name, from ?? DateTimeOffset.UnixEpoch, HistoryView.MostRuns, cancel), now);
    }
}
