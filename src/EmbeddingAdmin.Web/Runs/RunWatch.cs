using System.Runtime.CompilerServices;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>A run with what its page lists below it.</summary>
/// <param name="Snapshot">The run and its progress.</param>
/// <param name="Events">What happened to it, newest first.</param>
/// <param name="Groups">The rows that were not simply written, by cause.</param>
/// <param name="Retries">The runs that were started over its failures.</param>
public sealed record RunView(RunSnapshot Snapshot, IReadOnlyList<Event> Events, IReadOnlyList<FailureGroup> Groups, IReadOnlyList<long> Retries)
{
    /// <summary>What a verification found; null for a run that writes.</summary>
    public VerifyReport? Report => Reported?.Report;

    /// <summary>The same with the snapshot of which it is.</summary>
    internal (VerifyReport Report, RunSnapshot Of)? Reported { get; init; }

    /// <summary>Rows that are kept one by one: all but those that were written or needed nothing.</summary>
    public long Listed => RunWatch.Listed(Snapshot);
}

/// <summary>The runs' records and the feed as one stream: what the database knows first, then every change.</summary>
internal sealed class RunWatch(RunFeed feed, RunStore store, Failures failures, VerifyReports reports, EventLog events)
{
    private const int MostEvents = 100;

    // While a run goes on, its report is read again no more often: it is more to read than the counts.
    private static readonly TimeSpan ReportAge = TimeSpan.FromSeconds(2);

    /// <summary>The newest runs, of one table or of all, newest first; again whenever one changes or a new one comes.</summary>
    public async IAsyncEnumerable<IReadOnlyList<RunSnapshot>> NewestAsync(string? table, int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Dictionary<long, RunSnapshot>? known = null;
        List<RunSnapshot>? shown = null;
        await foreach (var published in feed.WatchAllAsync(cancellationToken))
        {
            // Read only now that the feed is watched: no change can fall between the two.
            known ??= (await store.NewestAsync(table, most, cancellationToken)).ToDictionary(snapshot => snapshot.Run.Id);
            foreach (var snapshot in published.Values.Where(snapshot => table is null || snapshot.Run.Table == table))
                known[snapshot.Run.Id] = known.TryGetValue(snapshot.Run.Id, out var before) ? before.With(snapshot) : snapshot;
            var newest = known.Values.OrderByDescending(snapshot => snapshot.Run.Id).Take(most).ToList();
            if (shown is not null && newest.SequenceEqual(shown, ReferenceEqualityComparer.Instance))
                continue;
            shown = newest;
            yield return newest;
        }
    }

    /// <summary>One run that exists; again whenever it changes.</summary>
    public async IAsyncEnumerable<RunView> OneAsync(long id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RunView? shown = null;
        // A run that nothing has been heard of since the program began is made known, so that the feed has a first value.
        if (await store.SnapshotAsync(id, cancellationToken) is { } stored)
            feed.Publish(stored);
        await foreach (var snapshot in feed.WatchAsync(id, cancellationToken))
        {
            var happened = shown is not null && snapshot.Run.Version == shown.Snapshot.Run.Version
                ? shown.Events
                : await events.OfRunAsync(id, MostEvents, cancellationToken);
            var groups = shown is not null && Listed(snapshot) == shown.Listed && snapshot.Run.Version == shown.Snapshot.Run.Version
                ? shown.Groups
                : await failures.GroupsAsync(id, cancellationToken);
            var retries = shown is not null && snapshot.Run.Version == shown.Snapshot.Run.Version ? shown.Retries : await failures.RetriesAsync(id, cancellationToken);
            shown = new(snapshot, happened, groups, retries) { Reported = await ReportAsync(snapshot, shown, cancellationToken) };
            yield return shown;
        }
    }

    private async Task<(VerifyReport Report, RunSnapshot Of)?> ReportAsync(RunSnapshot snapshot, RunView? shown, CancellationToken cancel) => shown?.Reported switch
    {
        _ when snapshot.Run.Writes => null,
        { } known when known.Of.Run.Version == snapshot.Run.Version && (Listed(known.Of) == Listed(snapshot) || snapshot.AsOf - known.Of.AsOf < ReportAge) => known,
        _ => (await reports.ReadAsync(snapshot, cancel), snapshot),
    };

    internal static long Listed(RunSnapshot snapshot) => Receipt.Outcomes
        .Except(snapshot.Run.Writes ? [RowOutcome.Written, RowOutcome.AlreadyCurrent, RowOutcome.Unverified] : [RowOutcome.Written, RowOutcome.AlreadyCurrent])
        .Sum(outcome => snapshot.Progress.Receipt[outcome]);
}
