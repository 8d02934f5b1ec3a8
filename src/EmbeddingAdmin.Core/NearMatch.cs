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

    private static int Far(string a, string b)
    {
        if (a.Length > 2 && b.Length > 2 && (a.Contains(b, StringComparison.Ordinal) || b.Contains(a, StringComparison.Ordinal)))
            return a.Length == b.Length ? 0 : 1;
        // Levenshtein's distance, one row at a time.
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
