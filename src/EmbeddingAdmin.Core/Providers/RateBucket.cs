using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// A limit per minute as a bucket that fills continuously: it holds as much as a minute brings, whoever takes waits until it is there, and
/// those who wait are let through in the order in which they came. Without a limit everybody goes at once.
/// </summary>
/// <remarks>
/// The package's own <see cref="TokenBucketRateLimiter"/> measures by the system's own clock, fills in steps, and cannot be
/// told afterwards that what was taken cost more or less, or that the provider counts otherwise. This one runs on a
/// <see cref="TimeProvider"/> and can be put right at any moment; its level may fall below 0, and the next ones then wait that out.
/// </remarks>
public sealed class RateBucket(TimeProvider time) : RateLimiter
{
    // Timers count whole milliseconds, and end at 49 days.
    private static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private ITimer? _timer;
    private double _level;
    private double _perSecond;
    private long _at = time.GetTimestamp();
    private long _granted;
    private bool _disposed;

    /// <summary>The limit per minute; null when there is none.</summary>
    public long? PerMinute
    {
        get
        {
            lock (_gate)
                return field;
        }

        private set;
    }

    /// <summary>What may be taken now, below 0 when more was taken than there was; null without a limit.</summary>
    public long? Remaining
    {
        get
        {
            lock (_gate)
            {
                Fill_NeedsLock();
                return PerMinute is null ? null : (long)Math.Floor(_level);
            }
        }
    }

    /// <inheritdoc/>
    public override TimeSpan? IdleDuration => null;

    /// <summary>Sets the limit. A bucket that had none is full.</summary>
    /// <param name="perMinute">At least 1.</param>
    /// <param name="fill">How long an empty bucket takes to be full: a minute, or longer where the provider says so.</param>
    public void Limit(long perMinute, TimeSpan? fill = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perMinute, 1);
        Change(() =>
        {
            _level = PerMinute is null ? perMinute : Math.Min(_level, perMinute);
            PerMinute = perMinute;
            _perSecond = perMinute / (fill ?? Minute).TotalSeconds;
        });
    }

    /// <summary>Puts back what was taken and not used; below 0, takes what was used beyond.</summary>
    public void Return(double permits) => Change(() => _level = Math.Min(_level + permits, PerMinute ?? 0));

    /// <summary>Moves the level into bounds that the provider told: at least <paramref name="least"/>, if it is known, and at most <paramref name="most"/>.</summary>
    public void Correct(double? least, double most) => Change(() => _level = Math.Min(Math.Max(_level, Math.Min(least ?? double.MinValue, most)), Math.Min(most, PerMinute ?? 0)));

    /// <summary>How long somebody would wait who came now.</summary>
    public TimeSpan WaitFor(int permits)
    {
        lock (_gate)
        {
            Fill_NeedsLock();
            return PerMinute is null ? TimeSpan.Zero : Due_NeedsLock(_waiters.Sum(waiter => (double)Share_NeedsLock(waiter.Permits)) + Share_NeedsLock(permits));
        }
    }

    /// <inheritdoc/>
    public override RateLimiterStatistics GetStatistics()
    {
        lock (_gate)
        {
            Fill_NeedsLock();
            return new()
            {
                CurrentAvailablePermits = PerMinute is null ? long.MaxValue : (long)Math.Max(0, _level),
                CurrentQueuedCount = _waiters.Count,
                TotalSuccessfulLeases = _granted,
            };
        }
    }

    /// <inheritdoc/>
    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_gate)
        {
            Fill_NeedsLock();
            return _waiters.Count == 0 && Take_NeedsLock(permitCount) ? Lease.Granted : Lease.Refused;
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(permitCount);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Fill_NeedsLock();
            if (_waiters.Count == 0 && Take_NeedsLock(permitCount))
                return Lease.Granted;
            _waiters.AddLast(waiter);
            Arm_NeedsLock();
        }

        await using var registered = cancellationToken.Register(() => Change(() =>
        {
            if (_waiters.Remove(waiter))
                waiter.Turn.TrySetCanceled(cancellationToken);
        }));
        await waiter.Turn.Task;
        return Lease.Granted;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            foreach (var waiter in _waiters)
                waiter.Turn.TrySetException(new ObjectDisposedException(nameof(RateBucket)));
            _waiters.Clear();
        }

        base.Dispose(disposing);
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            Fill_NeedsLock();
            change();
            while (_waiters.First is { Value: var first } && Take_NeedsLock(first.Permits))
            {
                _waiters.RemoveFirst();
                first.Turn.TrySetResult();
            }

            Arm_NeedsLock();
        }
    }

    private void Fill_NeedsLock()
    {
        var now = time.GetTimestamp();
        if (PerMinute is { } most)
            _level = Math.Min(most, _level + (time.GetElapsedTime(_at, now).TotalSeconds * _perSecond));
        _at = now;
    }

    private bool Take_NeedsLock(int permits)
    {
        if (PerMinute is not null)
        {
            // A thousandth is what the rounding of a timer leaves.
            if (_level + 0.001 < Share_NeedsLock(permits))
                return false;
            _level -= permits;
        }

        _granted++;
        return true;
    }

    // What is more than a minute brings goes when the bucket is full, and is waited out afterwards.
    private long Share_NeedsLock(int permits) => Math.Min(permits, PerMinute ?? permits);

    private TimeSpan Due_NeedsLock(double permits) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(Math.Clamp((permits - _level) / _perSecond, 0, LongestTimer.TotalSeconds) * 1000));

    private void Arm_NeedsLock()
    {
        if (_disposed || _waiters.First is not { Value: var first })
            return;
        var due = Due_NeedsLock(Share_NeedsLock(first.Permits));
        _timer ??= time.CreateTimer(_ => Change(() => { }), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due > ShortestTimer ? due : ShortestTimer, Timeout.InfiniteTimeSpan);
    }

    private sealed class Waiter(int permits)
    {
        public int Permits => permits;

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Lease(bool granted) : RateLimitLease
    {
        public static Lease Granted { get; } = new(true);

        public static Lease Refused { get; } = new(false);

        public override bool IsAcquired => granted;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, [NotNullWhen(true)] out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
