using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Decides when progress is worth telling: at most four times a second to those who watch, at most once a second to the database. It
/// counts and knows the throttle; it calls nobody. Safe for many callers.
/// </summary>
public sealed class Ticker
{
    /// <summary>The least time between two publications.</summary>
    public static TimeSpan PublishEvery { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The least time between two writes of the progress row.</summary>
    public static TimeSpan PersistEvery { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The running time over which the speed is measured.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromSeconds(30);

    // Below this a speed is a guess made from one page.
    private static readonly TimeSpan LeastWindow = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Queue<(TimeSpan At, long Rows)> _window = new();
    private readonly long _began;
    private readonly double _runningBefore;
    private TimeSpan? _published;
    private TimeSpan? _persisted;
    private RunProgress _progress;

    /// <param name="clock">Measures the running time.</param>
    /// <param name="before">The progress at the moment in which a worker takes the run.</param>
    public Ticker(TimeProvider clock, RunProgress before)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(before);
        _clock = clock;
        _began = clock.GetTimestamp();
        _runningBefore = before.RunningSeconds;
        _progress = before with { RowsPerSecond = null, Waiting = null, WaitingUntil = null };
        _window.Enqueue((TimeSpan.Zero, before.Receipt.Selected));
    }

    /// <summary>The progress of now.</summary>
    public RunProgress Progress
    {
        get
        {
            lock (_gate)
                return Read_NeedsLock();
        }
    }

    /// <summary>Counts what a page came to.</summary>
    public void Count(Receipt change, long tokens)
    {
        lock (_gate)
        {
            _progress = _progress with { Receipt = _progress.Receipt + change, Tokens = _progress.Tokens + tokens };
            _window.Enqueue((Elapsed, _progress.Receipt.Selected));
            while (_window.Count > 2 && _window.Peek().At < Elapsed - Window)
                _window.Dequeue();
        }
    }

    /// <summary>Replaces the sums by those of the ledger.</summary>
    public void Correct(Receipt ledger, long tokens)
    {
        lock (_gate)
            _progress = _progress with { Receipt = ledger, Tokens = tokens };
    }

    /// <summary>Says what is being done now, and why it waits if it does, and until when.</summary>
    public void Say(string? phase, string? waiting = null, DateTimeOffset? until = null)
    {
        lock (_gate)
            _progress = _progress with { Phase = phase ?? _progress.Phase, Waiting = waiting, WaitingUntil = until };
    }

    /// <summary>The progress to publish, or null when the last one is too recent.</summary>
    public RunProgress? Publish() => Due(ref _published, PublishEvery);

    /// <summary>The progress to write down, or null when the last one is too recent.</summary>
    public RunProgress? Persist() => Due(ref _persisted, PersistEvery);

    private TimeSpan Elapsed => _clock.GetElapsedTime(_began);

    private RunProgress? Due(ref TimeSpan? last, TimeSpan every)
    {
        lock (_gate)
        {
            if (last is { } at && Elapsed - at < every)
                return null;
            last = Elapsed;
            return Read_NeedsLock();
        }
    }

    private RunProgress Read_NeedsLock()
    {
        var now = Elapsed;
        var first = _window.Peek();
        var rows = _progress.Receipt.Selected - first.Rows;
        _progress = _progress with
        {
            Tick = _progress.Tick + 1,
            RunningSeconds = _runningBefore + now.TotalSeconds,
            RowsPerSecond = now - first.At >= LeastWindow && rows > 0 ? rows / (now - first.At).TotalSeconds : null,
        };
        return _progress;
    }
}
