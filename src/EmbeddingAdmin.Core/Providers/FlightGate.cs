namespace EmbeddingAdmin.Providers;

/// <summary>Lets so many in at once, in the order in which they came; how many may change at any time. Safe for many callers.</summary>
internal sealed class FlightGate(int seats)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int _seats = seats;
    private int _taken;

    /// <summary>Seats, at least 1. With fewer than are taken, nobody is sent away; those who come later wait longer.</summary>
    public int Seats
    {
        get
        {
            lock (_gate)
                return _seats;
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            lock (_gate)
            {
                _seats = value;
                Admit_NeedsLock();
            }
        }
    }

    /// <summary>Waits for a seat, which is free again when it is disposed of.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> turn;
        lock (_gate)
        {
            turn = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            Admit_NeedsLock();
        }

        await using var registered = token.Register(() =>
        {
            lock (_gate)
            {
                if (turn.List is null)
                    return;
                _waiting.Remove(turn);
            }

            turn.Value.TrySetCanceled(token);
        });
        await turn.Value.Task;
        return new Seat(this);
    }

    private void Admit_NeedsLock()
    {
        while (_taken < _seats && _waiting.First is { } next)
        {
            _waiting.RemoveFirst();
            _taken++;
            next.Value.TrySetResult();
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _taken--;
            Admit_NeedsLock();
        }
    }

    private sealed class Seat(FlightGate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                gate.Leave();
        }
    }
}
