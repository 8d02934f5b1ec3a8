namespace EmbeddingAdmin.Providers;

/// <summary>
/// Holds a run to so many rows per second. Whoever asks pays afterwards: the rows are let through at once, and the next ones wait until
/// their time has passed. A new pace counts from the moment it is set, also for those who wait already. Safe for many callers; they
/// are let through in the order in which they came.
/// </summary>
public sealed class ProviderPace : IDisposable
{
    // Timers come a little late; what was lost by that is caught up, but no more than this.
    private static readonly TimeSpan CatchUp = TimeSpan.FromMilliseconds(250);

    // Timers end at 49 days; a longer wait is asked for again.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private double? _rowsPerSecond;
    private long _freeFrom;

    /// <param name="time">The clock.</param>
    /// <param name="rowsPerSecond">The pace; null for none.</param>
    public ProviderPace(TimeProvider time, double? rowsPerSecond = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        RowsPerSecond = rowsPerSecond;
    }

    /// <summary>The pace, more than 0; null for as fast as it goes. Takes effect at once.</summary>
    public double? RowsPerSecond
    {
        get
        {
            lock (_lock)
                return _rowsPerSecond;
        }

        set
        {
            if (value is { } rows && !(double.IsFinite(rows) && rows > 0))
                throw new ArgumentOutOfRangeException(nameof(value), rows, "A pace is more than 0 rows per second.");
            TaskCompletionSource changed;
            lock (_lock)
            {
                if (_rowsPerSecond == value)
                    return;
                _rowsPerSecond = value;
                _freeFrom = _time.GetTimestamp();
                changed = _changed;
                _changed = NewSignal();
            }

            changed.SetResult();
        }
    }

    /// <summary>Waits until the rows may go.</summary>
    /// <param name="rows">How many rows are about to go, at least 0.</param>
    /// <param name="token">Ends the wait at once; the rows then count as not gone.</param>
    public async Task WaitAsync(int rows, CancellationToken token = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        await _turn.WaitAsync(token);
        try
        {
            while (true)
            {
                TimeSpan wait;
                Task changed;
                lock (_lock)
                {
                    wait = Take(rows);
                    changed = _changed.Task;
                }

                if (wait <= TimeSpan.Zero)
                    return;
                await WaitAsync(wait, changed, token);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    /// <summary>Lets the rows through and returns zero, or returns how long to wait first.</summary>
    private TimeSpan Take(int rows)
    {
        if (_rowsPerSecond is not { } pace)
            return TimeSpan.Zero;
        var now = _time.GetTimestamp();
        if (_freeFrom > now)
            return Wait(_time.GetElapsedTime(now, _freeFrom));
        var earliest = now - (long)(CatchUp.TotalSeconds * _time.TimestampFrequency);
        _freeFrom = Math.Max(_freeFrom, earliest) + (long)(rows / pace * _time.TimestampFrequency);
        return TimeSpan.Zero;
    }

    // A timer counts whole milliseconds: a shorter wait would be none, and be asked for again and again.
    private static TimeSpan Wait(TimeSpan exact)
        => exact >= LongestTimer ? LongestTimer : TimeSpan.FromMilliseconds(Math.Ceiling(exact.TotalMilliseconds));

    private async Task WaitAsync(TimeSpan wait, Task changed, CancellationToken token)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(token);
        var delay = Task.Delay(wait, _time, ends.Token);
        await Task.WhenAny(delay, changed);
        token.ThrowIfCancellationRequested();
        await ends.CancelAsync();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
