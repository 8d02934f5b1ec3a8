using System.Runtime.CompilerServices;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>A table's coverage, counted again whenever a run changes its rows. However many watch, the counts are shared.</summary>
internal sealed class TableWatch(RunFeed feed, CoverageReader reader, TimeProvider clock)
{
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(1);

    // A large table is counted for at most a tenth of the time that somebody looks on.
    private const int Rest = 10;

    public async IAsyncEnumerable<TableCoverage> WatchAsync(EmbeddingTable table, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TableCoverage? shown = null;
        (int Version, long Done) seen = default;
        var cost = TimeSpan.Zero;
        await foreach (var runs in feed.WatchAllAsync(cancellationToken))
        {
            var writers = runs.Values.Where(snapshot => snapshot.Run.Table == table.Name && snapshot.Run.Writes).ToList();
            var now = (writers.Sum(snapshot => snapshot.Run.Version), writers.Sum(snapshot => snapshot.Done));
            if (shown is not null && now == seen)
                continue;
            seen = now;
            var began = clock.GetTimestamp();
            var coverage = await reader.ReadAsync(table, cost * Rest > LeastAge ? cost * Rest : LeastAge, cancellationToken);
            // What a run wrote before its status changed has to be in the count; then no later signal would correct it.
            var changed = writers.Where(snapshot => !snapshot.Run.Status.IsWorking()).Select(snapshot => snapshot.Run.ChangedAt).DefaultIfEmpty().Max();
            for (var tries = 0; tries < 2 && coverage.AsOf < changed; tries++)
                coverage = await reader.ReadAsync(table, TimeSpan.Zero, cancellationToken);
            if (ReferenceEquals(coverage, shown))
                continue;
            cost = clock.GetElapsedTime(began);
            shown = coverage;
            yield return coverage;
        }
    }
}
