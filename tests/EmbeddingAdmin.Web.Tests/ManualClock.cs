namespace EmbeddingAdmin.Web.Tests;

/// <summary>A clock that stands still until a test moves it; timers fall due on the thread that moves it.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Due> _timers = [];
    private DateTimeOffset _now = new(2026, 3, 14, 15, 9, 26, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public int Timers
    {
        get
        {
            lock (_gate)
                return _timers.Count;
        }
    }

    public void Advance(TimeSpan by)
    {
        List<Due> due;
        lock (_gate)
        {
            _now += by;
            due = _timers.FindAll(timer => timer.At <= _now);
            _timers.RemoveAll(due.Contains);
        }
        due.ForEach(timer => timer.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Due(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Due(ManualClock clock, Action fire) : ITimer
    {
        public DateTimeOffset At { get; private set; }

        public Action Fire => fire;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    At = clock._now + dueTime;
                    clock._timers.Add(this);
                }
            }
            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
