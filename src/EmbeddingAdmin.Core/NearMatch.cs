namespace EmbeddingAdmin;

/// <summary>Finds what somebody may have meant.</summary>
public static class NearMatch
{
    private const int MostNamed = 3;

    /// <summary>Those of <paramref name="known"/> that are nearest to <paramref name="name"/>: the same but for case, one inside the other, or a few letters off.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        return [.. known.Select(other => (other, Distance: Far(name.ToLowerInvariant(), other.ToLowerInvariant())))
            .Where(found => found.Distance <= Math.Max(1, name.Length / 3))
            .OrderBy(found => found.Distance).ThenBy(found => found.other, StringComparer.Ordinal)
            .Select(found => found.other).Take(MostNamed)];
    }

    /// <summary>" Did you mean …?", with a space in front; empty when nothing is near.</summary>
    public static string Sentence(string name, IEnumerable<string> known) => Question(Of(name, known));

    /// <summary>" Did you mean …?" of names that were found in another way; empty when there is none.</summary>
    public static string Question(IReadOnlyList<string> near)
    {
        ArgumentNullException.ThrowIfNull(near);
        return near.Count > 0 ? $" Did you mean {string.Join(" or ", near.Take(MostNamed))}?" : "";
    }

    /// <summary>The name that <paramref name="typed"/> misspells, in any case; null when none is but a few letters off.</summary>
    public static string? Misspelt(string typed, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(typed);
        var (near, distance) = names.Select(name => (name, Letters(typed.ToLowerInvariant(), name.ToLowerInvariant()))).DefaultIfEmpty(("", int.MaxValue)).MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, Math.Min(typed.Length, near.Length) / 3) ? near : null;
    }

    private static int Far(string a, string b) =>
        a.Length > 2 && b.Length > 2 && (a.Contains(b, StringComparison.Ordinal) || b.Contains(a, StringComparison.Ordinal))
            ? a.Length == b.Length ? 0 : 1
            : Letters(a, b);

    private static int Letters(string a, string b)
    {
        // Letters left out, put in, changed or swapped with their neighbour (Damerau and Levenshtein, neighbours once).
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
