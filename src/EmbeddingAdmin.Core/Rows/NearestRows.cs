namespace EmbeddingAdmin.Rows;

/// <summary>A row near another.</summary>
/// <param name="Key">Its key as text.</param>
/// <param name="Distance">The cosine distance, from 0 (same direction) to 2.</param>
/// <param name="Start">The first <see cref="MostCharacters"/> characters of its text.</param>
/// <param name="IsCut">Whether the text goes on.</param>
public sealed record Neighbour(string Key, double Distance, string Start, bool IsCut)
{
    /// <summary>Characters of the text that are brought along.</summary>
    public const int MostCharacters = 300;
}

/// <summary>An index that answers which vectors are near by cosine distance, only nearly right and much sooner than a comparison with all.</summary>
/// <param name="Name">Its name, as the plan has it.</param>
/// <param name="Method"><c>hnsw</c> or <c>ivfflat</c>.</param>
/// <param name="Effort">How hard it looks by the database's settings, such as <c>hnsw.ef_search is 40</c>; null when that is not known.</param>
public sealed record CosineIndex(string Name, string Method, string? Effort);

/// <summary>The rows nearest to a vector.</summary>
/// <param name="Rows">The nearest first: by comparison with every row, or by the index alone when <paramref name="IsExact"/> is false; none when <paramref name="Why"/> says why.</param>
/// <param name="Why">Why there are none, as a sentence; null when there are.</param>
/// <param name="IsExact">Whether every row was compared.</param>
/// <param name="Index">The index that answers for the app's own searches; null when there is none.</param>
/// <param name="ByIndex">What that index finds; null when there is none, or when it took too long.</param>
public sealed record NearestRows(IReadOnlyList<Neighbour> Rows, string? Why, bool IsExact = true, CosineIndex? Index = null, IReadOnlyList<Neighbour>? ByIndex = null)
{
    /// <summary>How many of the nearest rows the index finds, or others exactly as near; null when that is not known.</summary>
    public int? Recalled
    {
        get
        {
            if (!IsExact || ByIndex is not { } found)
                return null;
            var distances = found.Select(row => row.Distance).ToList();
            return Rows.Count(row => distances.Remove(row.Distance));
        }
    }

    /// <summary>Whether the index misses rows that are nearer than those it finds; false when that is not known.</summary>
    public bool Differs => Recalled < Rows.Count;
}
