using System.Runtime.CompilerServices;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>
/// A table's coverage: at once what is known of it, then counted, and counted again whenever a run changes its rows or a scan gets on. However many
/// watch, the counts and the scan are shared.
/// </summary>
internal sealed class TableWatch(RunFeed feed, CoverageGlance glance, CoverageReader reader, CoverageScans scans, TimeProvider clock)
{
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(1);

    // How often a scan is looked after while somebody looks on; it says nothing by itself.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    // A large table is counted for at most a tenth of the time that somebody looks on.
    private const int Rest = 10;

    public async IAsyncEnumerable<TableCoverage> WatchAsync(EmbeddingTable table, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await glance.ReadAsync(table, cancellationToken) is { } first)
            yield return first;
        TableCoverage? shown = null;
        (int Version, long Done, int Scans) seen = default;
        var cost = TimeSpan.Zero;
        await foreach (var runs in SignalsAsync(() => shown is { Scan: not null } or { ScanDue: true } || scans.Turns(table) != seen.Scans, cancellationToken))
        {
            var writers = runs.Values.Where(snapshot => snapshot.Run.Table == table.Name && snapshot.Run.Writes).ToList();
            var now = (Version: writers.Sum(snapshot => snapshot.Run.Version), Done: writers.Sum(snapshot => snapshot.Done), Scans: scans.Turns(table));
            if (shown is { Scan: null, ScanDue: false } && now == seen)
                continue;
            // Where a scan has begun or ended, the last count does not know of it, however young it is.
            var age = shown is not null && now.Scans != seen.Scans ? TimeSpan.Zero : cost * Rest > LeastAge ? cost * Rest : LeastAge;
            seen = now;
            var began = clock.GetTimestamp();
            var coverage = await reader.ReadAsync(table, age, cancellationToken);
            // What a run wrote before its status changed has to be in the count; then no later signal would correct it.
            var changed = writers.Where(snapshot => !snapshot.Run.Status.IsWorking()).Select(snapshot => snapshot.Run.ChangedAt).DefaultIfEmpty().Max();
            for (var tries = 0; tries < 2 && coverage.AsOf < changed; tries++)
                coverage = await reader.ReadAsync(table, TimeSpan.Zero, cancellationToken);
            if (coverage.ScanDue)
                scans.Want(table);
            if (ReferenceEquals(coverage, shown))
                continue;
            cost = clock.GetElapsedTime(began);
            shown = coverage;
            yield return coverage;
        }
    }

    /// <summary>The runs, whenever one changes; and every now and then while something else goes on.</summary>
    private async IAsyncEnumerable<IReadOnlyDictionary<long, RunSnapshot>> SignalsAsync(Func<bool> goesOn, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var signals = feed.WatchAllAsync(left.Token).GetAsyncEnumerator(left.Token);
        var next = signals.MoveNextAsync().AsTask();
        IReadOnlyDictionary<long, RunSnapshot> latest = new Dictionary<long, RunSnapshot>();
        try
        {
            while (true)
            {
                // Somebody may ask for a scan at any time, and that is no signal of a run.
                if (await Task.WhenAny(next, Task.Delay(Look, clock, cancel)) == next)
                {
                    if (!await next)
                        yield break;
                    latest = signals.Current;
                    next = signals.MoveNextAsync().AsTask();
                }
                else if (!goesOn())
                {
                    cancel.ThrowIfCancellationRequested();
                    continue;
                }

                cancel.ThrowIfCancellationRequested();
                yield return latest;
            }
        }
        finally
        {
            // An enumerator is not to be put away while it moves; cancelled, it comes to an end.
            await left.CancelAsync();
            await Task.WhenAny(next);
        }
    }
}
