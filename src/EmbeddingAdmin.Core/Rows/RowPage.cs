using EmbeddingAdmin.Coverage;

namespace EmbeddingAdmin.Rows;

/// <summary>Which rows of a table are asked for.</summary>
public sealed record RowQuery
{
    /// <summary>Only rows in this state; null for all.</summary>
    public CoverageState? State { get; init; }

    /// <summary>Rows behind this key; null to begin at the first.</summary>
    public string? After { get; init; }

    /// <summary>Rows in front of this key, the nearest of them; it goes before <see cref="After"/>.</summary>
    public string? Before { get; init; }

    /// <summary>Rows per page, 1 to 500.</summary>
    public int Rows { get; init; } = 50;
}

/// <summary>A row in a list.</summary>
/// <param name="Key">Its key as text.</param>
/// <param name="Start">The first <see cref="MostCharacters"/> characters of its text; empty when there is none.</param>
/// <param name="IsCut">Whether the text goes on.</param>
/// <param name="State">How far its vector can be trusted.</param>
/// <param name="EmbeddedAt">When a run of ours wrote the vector; null when none did.</param>
public sealed record RowSummary(string Key, string Start, bool IsCut, CoverageState State, DateTimeOffset? EmbeddedAt)
{
    /// <summary>Characters of the text that a list shows.</summary>
    public const int MostCharacters = 80;
}

/// <summary>A page of a table's rows, in the order of the key.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Before">The key in front of which the page before this one is; null when this is the first.</param>
/// <param name="After">The key behind which the next page is; null when this is the last.</param>
/// <param name="Looked">Rows that were looked at to fill it.</param>
/// <param name="StoppedAt">The key at which the search was given up for its time, page not full; null when it came to the end or the page is full.</param>
/// <param name="AsOf">When the rows were read.</param>
public sealed record RowPage(IReadOnlyList<RowSummary> Rows, string? Before, string? After, long Looked, string? StoppedAt, DateTimeOffset AsOf);
