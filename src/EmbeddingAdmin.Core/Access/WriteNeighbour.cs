namespace EmbeddingAdmin.Access;

/// <summary>What kind of thing an update sets off.</summary>
public enum NeighbourKind
{
    /// <summary>A trigger of which nothing more is known.</summary>
    Trigger,

    /// <summary>A trigger that writes the time of the change into the row.</summary>
    Timestamp,

    /// <summary>A database webhook: an HTTP request.</summary>
    Webhook,

    /// <summary>An automatic embedding, which competes for the column.</summary>
    AutomaticEmbedding,

    /// <summary>A rule that rewrites the update.</summary>
    Rule,

    /// <summary>A publication: every update is broadcast.</summary>
    Publication,

    /// <summary>An index on the vector, which is kept up with every row.</summary>
    Index,
}

/// <summary>One thing that an update of a table's vectors sets off beside itself.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Sentence">What it does and how often, in words.</param>
/// <param name="Fires">How often a run would set it off; null when its rows were not counted.</param>
public sealed record WriteNeighbour(NeighbourKind Kind, string Name, string Sentence, long? Fires)
{
    /// <summary>The statement that makes it; empty for a publication.</summary>
    public string Definition { get; init; } = "";
}

/// <summary>How much a run would write.</summary>
/// <param name="Rows">The rows that get a vector; null when they were not counted.</param>
/// <param name="PageSize">The rows of one update, at least 1.</param>
/// <param name="AtMost">Whether fewer rows may get one: those without text were counted as well.</param>
public sealed record WriteVolume(long? Rows, int PageSize, bool AtMost = false)
{
    /// <summary>The updates that so many rows come to; null when they were not counted.</summary>
    public long? Updates => (Rows + PageSize - 1) / PageSize;
}
