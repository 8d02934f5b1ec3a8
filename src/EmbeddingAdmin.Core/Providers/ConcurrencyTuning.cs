namespace EmbeddingAdmin.Providers;

/// <summary>
/// Decides how many requests are in flight. It tries one more while that brings more bytes per second, takes it back when it does not,
/// halves on a rate limit, and goes down by one while answers take much longer than they did. It measures by rounds of answers and
/// calls nobody; not safe for many callers.
/// </summary>
internal sealed class ConcurrencyTuning(int most)
{
    /// <summary>Rounds that pass before another number is tried, after one that did not help.</summary>
    public const int Rest = 10;

    private const int Start = 4;

    // Less than this is noise.
    private const double Worthwhile = 1.05;
    private const double MuchLonger = 2;

    // What has become usual is taken for usual after some rounds: a provider that is slower today shall not be asked by one request at a time.
    private const double Forgets = 1.1;

    private double? _before;
    private double? _usualSeconds;
    private int _rest;

    /// <summary>Requests in flight that are allowed now.</summary>
    public int Now { get; private set; } = Math.Min(Start, most);

    /// <summary>The most that are ever allowed.</summary>
    public int Most => most;

    /// <summary>Answers after which a decision is made: fewer would count answers that happen to come together.</summary>
    public int Round => Math.Max(8, 2 * Now);

    /// <summary>A round of answers came.</summary>
    /// <param name="bytesPerSecond">What they brought together.</param>
    /// <param name="seconds">What one of them took on average.</param>
    public void Measured(double bytesPerSecond, double seconds)
    {
        var muchLonger = seconds > _usualSeconds * MuchLonger;
        _usualSeconds = Math.Min(seconds, _usualSeconds * Forgets ?? seconds);
        if (muchLonger)
            (Now, _before, _rest) = (Math.Max(1, Now - 1), null, Rest);
        else if (_before is { } before && bytesPerSecond < before * Worthwhile)
            (Now, _before, _rest) = (Math.Max(1, Now - 1), null, Rest);
        else if (_rest > 0)
            _rest--;
        else if (Now < most)
            (Now, _before) = (Now + 1, bytesPerSecond);
        else
            _before = null;
    }

    /// <summary>The provider asked to slow down.</summary>
    public void SlowDown() => (Now, _before, _rest) = (Math.Max(1, Now / 2), null, Rest);
}
