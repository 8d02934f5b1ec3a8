namespace EmbeddingAdmin.Testing.Time;

/// <summary>A clock that stands still until a test moves it. Timers fire inside <see cref="Advance"/>, in the order of their time.</summary>
public sealed class FakeClock(DateTimeOffset? start = null) : TimeProvider
{
    // By the real clock: a test whose code never comes to its pause fails and does not hang.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private TaskCompletionSource _changed = NewSignal();
    private DateTimeOffset _now = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Timers that are set. A timer that is due leaves this number inside <see cref="Advance"/>, before it fires.</summary>
    public int Timers
    {
        get
        {
            lock (_lock)
                return _timers.Count;
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, stopping at each timer that is due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var until = GetUtcNow() + by;
        while (NextDue(until) is { } timer)
            timer.Fire();
        lock (_lock)
            _now = until;
    }

    /// <summary>Moves the clock to the next timer and fires that one; false when none is set.</summary>
    public bool FireNext()
    {
        if (NextDue(DateTimeOffset.MaxValue) is not { } timer)
            return false;
        timer.Fire();
        return true;
    }

    /// <summary>Waits until so many timers are set: the code under test has then come to its pause. Gives up after a real minute.</summary>
    public async Task WhenTimersAsync(int count, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_timers.Count >= count)
                    return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(Patience, System, token);
        }
    }

    private FakeTimer? NextDue(DateTimeOffset until)
    {
        lock (_lock)
        {
            var next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
            if (next is null)
                return null;
            _now = next.Due > _now ? next.Due : _now;
            if (next.Period > TimeSpan.Zero)
                next.Due += next.Period;
            else
                _timers.Remove(next);
            return next;
        }
    }

    private void Set(FakeTimer timer, TimeSpan due, TimeSpan period)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _timers.Remove(timer);
            if (due != Timeout.InfiniteTimeSpan)
            {
                timer.Due = _now + due;
                timer.Period = period;
                _timers.Add(timer);
            }

            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class FakeTimer(FakeClock clock, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime, period);
            return true;
        }

        public void Dispose() => clock.Set(this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
