namespace EmbeddingAdmin.Providers;

/// <summary>What a byte comes to in tokens, learned from what was charged; the last requests count most. Safe for many callers.</summary>
internal sealed class TokenRatio
{
    private const double AtFirst = 0.25;
    private const double Keeps = 0.9;

    private readonly Lock _gate = new();
    private double _bytes;
    private double _tokens;

    /// <summary>Tokens for a byte.</summary>
    public double PerByte
    {
        get
        {
            lock (_gate)
                return _bytes > 0 ? _tokens / _bytes : AtFirst;
        }
    }

    /// <summary>What so many bytes will come to, at least 1.</summary>
    public int Estimate(long bytes) => (int)Math.Clamp(Math.Ceiling(bytes * PerByte), 1, int.MaxValue);

    /// <summary>Takes note of what a request was charged.</summary>
    public void Learn(long bytes, long tokens)
    {
        if (bytes <= 0 || tokens <= 0)
            return;
        lock (_gate)
            (_bytes, _tokens) = ((_bytes * Keeps) + bytes, (_tokens * Keeps) + tokens);
    }
}
