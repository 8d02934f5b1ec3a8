using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace EmbeddingAdmin.Web.Tests.Components;

/// <summary>A stream that counts who watches it, as the run feed does.</summary>
internal sealed class TestSource
{
    private readonly Lock _gate = new();
    private readonly List<Channel<string>> _watchers = [];
    private int _opened;
    private int _dealtWith;

    public int Watchers
    {
        get
        {
            lock (_gate)
                return _watchers.Count;
        }
    }

    /// <summary>How often it was opened altogether.</summary>
    public int Opened => Volatile.Read(ref _opened);

    /// <summary>Values that a watcher has dealt with: it has asked for the next one.</summary>
    public int DealtWith => Volatile.Read(ref _dealtWith);

    public void Say(string value) => Each(watcher => watcher.Writer.TryWrite(value));

    public void End() => Each(watcher => watcher.Writer.Complete());

    public void Fail(Exception exception) => Each(watcher => watcher.Writer.Complete(exception));

    public async IAsyncEnumerable<string> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mine = Channel.CreateUnbounded<string>();
        lock (_gate)
            _watchers.Add(mine);
        Interlocked.Increment(ref _opened);
        try
        {
            await foreach (var value in mine.Reader.ReadAllAsync(cancellationToken))
            {
                yield return value;
                Interlocked.Increment(ref _dealtWith);
            }
        }
        finally
        {
            lock (_gate)
                _watchers.Remove(mine);
        }
    }

    private void Each(Action<Channel<string>> act)
    {
        lock (_gate)
            _watchers.ForEach(act);
    }
}
