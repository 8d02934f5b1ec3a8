namespace EmbeddingAdmin.Providers;

/// <summary>
/// One limit of a provider: its bucket, where it is known from, and what was taken from it by requests that are on their way. A limit of the
/// settings is never exceeded; the provider's headers lower it, and stand alone where the settings have none.
/// </summary>
internal sealed class RateLimit : IDisposable
{
    // A limit that fills so much slower than in a minute is one of an hour or a day.
    private const double MuchSlower = 2;

    private readonly long? _set;
    private readonly Lock _gate = new();
    private double _takenEver;

    /// <param name="set">The limit of the settings; null for none.</param>
    /// <param name="time">The clock.</param>
    public RateLimit(long? set, TimeProvider time)
    {
        (_set, Bucket) = (set, new RateBucket(time));
        if (set is not { } perMinute)
            return;
        Bucket.Limit(perMinute);
        From = RateSource.Settings;
    }

    /// <summary>The bucket.</summary>
    public RateBucket Bucket { get; }

    /// <summary>Where the limit is known from; null when there is none.</summary>
    public RateSource? From { get; private set; }

    /// <summary>All that was taken so far; the difference of two readings is what was taken between them.</summary>
    public double TakenEver
    {
        get
        {
            lock (_gate)
                return _takenEver;
        }
    }

    /// <summary>Waits for its turn and takes.</summary>
    public async Task TakeAsync(int permits, CancellationToken token)
    {
        using var lease = await Bucket.AcquireAsync(permits, token);
        lock (_gate)
            _takenEver += permits;
    }

    /// <summary>Puts back what was not used; below 0, takes what was used beyond.</summary>
    public void Return(double permits)
    {
        Bucket.Return(permits);
        lock (_gate)
            _takenEver -= permits;
    }

    /// <summary>Takes over what an answer said.</summary>
    /// <param name="said">The headers.</param>
    /// <param name="takenSince">What was taken since that request was sent, of which its headers know nothing.</param>
    /// <param name="since">How long ago it was sent.</param>
    public void Correct(RateHeader said, double takenSince, TimeSpan since)
    {
        if (said.Limit is { } limit)
        {
            var isOurs = _set <= limit;
            Bucket.Limit(isOurs ? _set!.Value : limit, isOurs ? null : Fill(limit, said));
            From = isOurs ? RateSource.Settings : RateSource.Headers;
        }

        if (said.Remaining is not { } remaining || Bucket.PerMinute is not { } perMinute)
            return;
        // What the others took after it was sent is not in what remained; what came in meanwhile may be.
        var least = remaining - takenSince;
        Bucket.Correct(From == RateSource.Headers ? least : null, least + (perMinute * since.TotalMinutes));
    }

    /// <inheritdoc/>
    public void Dispose() => Bucket.Dispose();

    private static TimeSpan? Fill(long limit, RateHeader said)
    {
        if (said is not { Remaining: { } remaining, Reset: { } reset } || limit - remaining is not (> 0 and var gone))
            return null;
        var whole = reset * ((double)limit / gone);
        return whole > TimeSpan.FromMinutes(1) * MuchSlower ? whole : null;
    }
}
