namespace EmbeddingAdmin.Providers;

/// <summary>The requests that are with a provider, as many at once as help. Safe for many callers.</summary>
/// <param name="most">The most at once.</param>
/// <param name="time">The clock.</param>
internal sealed class Flights(int most, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly ConcurrencyTuning _tuning = new(most);
    private readonly FlightGate _seats = new(new ConcurrencyTuning(most).Now);
    private AnswerRound _round = new(time.GetTimestamp());
    private long _slowedAt = long.MinValue;
    private int _inFlight;

    /// <summary>Requests in flight, those that are allowed now, and those that are allowed at most.</summary>
    public (int InFlight, int Allowed, int Most) Count
    {
        get
        {
            lock (_gate)
                return (_inFlight, _tuning.Now, _tuning.Most);
        }
    }

    /// <summary>Waits for a seat, which is free again when it is disposed of.</summary>
    public Task<IDisposable> SeatAsync(CancellationToken token) => _seats.EnterAsync(token);

    /// <summary>A request is sent, at this timestamp.</summary>
    public void Begin(long at)
    {
        lock (_gate)
        {
            // Time in which nothing was asked for says nothing of the provider.
            if (_inFlight++ == 0)
                _round = new(at);
        }
    }

    /// <summary>A request has ended, however it did.</summary>
    public void End()
    {
        lock (_gate)
            _inFlight--;
    }

    /// <summary>Vectors came for so many bytes of text, which were sent at this timestamp.</summary>
    public void Answered(long bytes, long sentAt)
    {
        lock (_gate)
        {
            _round.Add(bytes, time.GetElapsedTime(sentAt).TotalSeconds);
            if (_round.Answers < _tuning.Round)
                return;
            var now = time.GetTimestamp();
            _tuning.Measured(_round.Bytes / Math.Max(0.001, time.GetElapsedTime(_round.Since, now).TotalSeconds), _round.Seconds / _round.Answers);
            _round = new(now);
            _seats.Seats = _tuning.Now;
        }
    }

    /// <summary>The provider asked a request to slow down that was sent at this timestamp.</summary>
    public void SlowDown(long sentAt)
    {
        lock (_gate)
        {
            // Requests that were on their way together are one sign, not several.
            if (sentAt < _slowedAt)
                return;
            _tuning.SlowDown();
            _seats.Seats = _tuning.Now;
            _round = new(_slowedAt = time.GetTimestamp());
        }
    }
}
