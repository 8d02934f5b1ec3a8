using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Tells whoever watches what the runs are doing. A publisher awaits nobody: it replaces the immutable snapshot and sets a one-slot signal
/// per watcher; each watcher pulls the latest snapshot when it gets to it, so queues never grow and nobody sees an old figure.
/// </summary>
public sealed class RunFeed : IDisposable
{
    private readonly ConcurrentDictionary<long, RunSnapshot> _latest = new();
    private readonly ConcurrentDictionary<Channel<bool>, long?> _watchers = new();
    private readonly SemaphoreSlim _watched = new(0, 1);

    /// <summary>How many are watching now.</summary>
    public int Watchers => _watchers.Count;

    /// <summary>The latest snapshot that was published of a run, or null.</summary>
    public RunSnapshot? Latest(long run) => _latest.GetValueOrDefault(run);

    /// <summary>The snapshot of a run, now and whenever it changes. Registers when the enumeration begins and is gone when it ends.</summary>
    public async IAsyncEnumerable<RunSnapshot> WatchAsync(long run, [EnumeratorCancellation] CancellationToken cancel)
    {
        RunSnapshot? shown = null;
        await foreach (var _ in SignalsAsync(run, cancel))
        {
            if (Latest(run) is not { } latest || ReferenceEquals(latest, shown))
                continue;
            shown = latest;
            yield return latest;
        }
    }

    /// <summary>The latest snapshots of all runs that were published since the program began, now and whenever one changes.</summary>
    public async IAsyncEnumerable<IReadOnlyDictionary<long, RunSnapshot>> WatchAllAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var _ in SignalsAsync(null, cancel))
            yield return _latest.ToDictionary();
    }

    /// <summary>Publishes what is newer in the snapshot than what is known: record and progress are judged apart, because a worker's tick may carry an older record.</summary>
    public void Publish(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        RunSnapshot? held = null;
        var kept = _latest.AddOrUpdate(snapshot.Run.Id, snapshot, (_, known) => (held = known).With(snapshot));
        if (ReferenceEquals(kept, held))
            return;
        foreach (var (signal, run) in _watchers)
        {
            if (run is null || run == snapshot.Run.Id)
                signal.Writer.TryWrite(true);
        }
    }

    /// <summary>Forgets everything that was published: the runs were removed with their database.</summary>
    public void Clear() => _latest.Clear();

    /// <inheritdoc/>
    public void Dispose() => _watched.Dispose();

    /// <summary>Returns when somebody watches.</summary>
    internal async Task UntilWatchedAsync(CancellationToken cancel)
    {
        while (Watchers == 0)
            await _watched.WaitAsync(cancel);
    }

    private async IAsyncEnumerable<bool> SignalsAsync(long? run, [EnumeratorCancellation] CancellationToken cancel)
    {
        var signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
        _watchers[signal] = run;
        try
        {
            if (_watched.CurrentCount == 0)
                TryRelease();
            yield return true;
            await foreach (var _ in signal.Reader.ReadAllAsync(cancel))
                yield return true;
        }
        finally
        {
            _watchers.TryRemove(signal, out _);
        }
    }

    private void TryRelease()
    {
        try
        {
            _watched.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else rang at the same moment; once is enough.
        }
    }
}
