namespace EmbeddingAdmin;

/// <summary>The name that was probably meant.</summary>
public static class Nearest
{
    /// <summary>The name nearest to what was typed, in any case; null when none is near.</summary>
    /// <param name="typed">What was typed.</param>
    /// <param name="names">What there is.</param>
    public static string? Of(string typed, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(typed);
        var (near, distance) = names.Select(name => (name, Distance(typed, name))).DefaultIfEmpty(("", int.MaxValue)).MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, Math.Min(typed.Length, near.Length) / 3) ? near : null;
    }

    /// <summary>Letters to add, take away, change or swap with their neighbour.</summary>
    private static int Distance(string typed, string name)
    {
        var (a, b) = (typed.ToUpperInvariant(), name.ToUpperInvariant());
        var steps = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            for (var j = 0; j <= b.Length; j++)
                steps[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Math.Min(
                        Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1,
                        Math.Min(
                            steps[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                            i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] ? steps[i - 2, j - 2] + 1 : int.MaxValue)),
                };
        return steps[a.Length, b.Length];
    }
}
