namespace EmbeddingAdmin.Runs;

/// <summary>What a run waits for, of the provider and of the database; several may wait at once, and each for something of its own.</summary>
internal sealed class Waits(Ticker ticker)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<object, Wait> _preparers = [];
    private Wait? _read;
    private Wait? _locks;

    /// <summary>For one who prepares: told what is waited for, and null when it is over. It ends no wait of another.</summary>
    public Action<Wait?> ForOne()
    {
        var one = new object();
        return wait =>
        {
            lock (_gate)
            {
                if (wait is not null)
                    _preparers[one] = wait;
                else if (!_preparers.Remove(one))
                    return;
                Tell_NeedsLock();
            }
        };
    }

    /// <summary>Says why a read of the database is waited for; null when it is over.</summary>
    public void ForRead(Wait? wait)
    {
        lock (_gate)
        {
            _read = wait;
            Tell_NeedsLock();
        }
    }

    /// <summary>Says whose locks are waited for; null when there are none.</summary>
    public void ForLocks(string? why)
    {
        lock (_gate)
        {
            _locks = why is null ? null : new(why);
            Tell_NeedsLock();
        }
    }

    private void Tell_NeedsLock()
    {
        var wait = (_locks ?? _read) is { } database
            ? database with { Why = $"Waiting for the database: {database.Why}" }
            // The one that takes longest is the one that the run waits for.
            : _preparers.Values.MaxBy(wait => wait.Until ?? DateTimeOffset.MaxValue);
        ticker.Say(null, wait?.Why, wait?.Until);
    }
}
