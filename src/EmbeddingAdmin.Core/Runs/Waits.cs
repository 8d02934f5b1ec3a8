namespace EmbeddingAdmin.Runs;

/// <summary>What a run waits for, of the provider and of the database; both may be waited for at once.</summary>
internal sealed class Waits(Ticker ticker)
{
    private volatile string? _provider;
    private volatile string? _read;
    private volatile string? _locks;

    /// <summary>Says what the provider is waited for; null when it is over.</summary>
    public void ForProvider(string? why)
    {
        _provider = why;
        Tell();
    }

    /// <summary>Says why a read of the database is waited for; null when it is over.</summary>
    public void ForRead(string? why)
    {
        _read = why;
        Tell();
    }

    /// <summary>Says whose locks are waited for; null when there are none.</summary>
    public void ForLocks(string? why)
    {
        _locks = why;
        Tell();
    }

    private void Tell() => ticker.Say(null, (_locks ?? _read) is { } why ? $"Waiting for the database: {why}" : _provider);
}
