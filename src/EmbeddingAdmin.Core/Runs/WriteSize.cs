namespace EmbeddingAdmin.Runs;

/// <summary>
/// How many rows one write may have, learnt from how long writes take: halved by one that is too slow, and grown back slowly by those that are
/// not. Safe for many callers.
/// </summary>
/// <param name="most">Rows of a page as planned; the size never goes above it, and never below 1.</param>
/// <param name="slow">What is too slow.</param>
internal sealed class WriteSize(int most, TimeSpan slow)
{
    private const int QuickToGrow = 10;

    private readonly Lock _gate = new();
    private int _now = Math.Max(1, most);
    private int _quick;

    /// <summary>The size of now.</summary>
    public int Now
    {
        get
        {
            lock (_gate)
                return _now;
        }
    }

    /// <summary>A write of so many rows was given up by the server.</summary>
    public void GaveUp(int rows)
    {
        lock (_gate)
            (_now, _quick) = (Math.Min(_now, Math.Max(1, rows / 2)), 0);
    }

    /// <summary>A write of so many rows took so long.</summary>
    public void Took(int rows, TimeSpan time)
    {
        lock (_gate)
        {
            if (time > slow)
                (_now, _quick) = (Math.Min(_now, Math.Max(1, rows / 2)), 0);
            else if (time > slow / 2)
                _quick = 0;
            else if (rows >= _now && ++_quick >= QuickToGrow)
                (_now, _quick) = (Math.Min(Math.Max(1, most), _now + Math.Max(1, _now / 4)), 0);
        }
    }
}
