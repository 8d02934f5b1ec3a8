using EmbeddingAdmin.Rows;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>How the nearest rows were found, in words.</summary>
public static class NearestWords
{
    /// <summary>What one list says of the index.</summary>
    public static string How(NearestRows nearest)
    {
        ArgumentNullException.ThrowIfNull(nearest);
        return nearest switch
        {
            { Index: null } => "Every row was compared. The column has no index for cosine distance that a search could use.",
            { IsExact: false, Index: { } index } => $"By the index {Name(index)} alone. Comparing with every row took too long and was given up, so what the index misses is not known.",
            { ByIndex: null, Index: { } index } => $"Every row was compared. The index {Name(index)} was asked as well, and gave no answer in time.",
            { Index: var index } => $"The index {Name(index)} finds the same as a comparison with every row.",
        };
    }

    /// <summary>What it means that the index finds others.</summary>
    public static string Meaning(NearestRows nearest)
    {
        ArgumentNullException.ThrowIfNull(nearest);
        if (nearest.Index is not { } index)
            return "";
        var more = index.Method == "ivfflat" ? "It looks into the lists nearest to the vector only; more probes find more" : "It follows links from row to row and stops; a higher hnsw.ef_search finds more";
        return $"{Name(index)} answers nearly right and quickly: that is what the app's searches get. {more}{(index.Effort is { } effort ? $" ({effort})" : "")}. A filter of the table takes rows away after the index has chosen, and a zero vector is in no such index.";
    }

    private static string Name(CosineIndex index) => $"{index.Name} ({index.Method})";
}
