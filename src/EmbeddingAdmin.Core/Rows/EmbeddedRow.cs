using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Rows;

/// <summary>A row's text as a vector that was just made and is stored nowhere.</summary>
public sealed record EmbeddedRow
{
    /// <summary>The configured table's name.</summary>
    public required string Table { get; init; }

    /// <summary>The row's key as text.</summary>
    public required string Key { get; init; }

    /// <summary>The text that the vector was made from.</summary>
    public required string Text { get; init; }

    /// <summary>The vector.</summary>
    public required ReadOnlyMemory<float> Vector { get; init; }

    /// <summary>What made it.</summary>
    public required EmbeddingModel MadeBy { get; init; }

    /// <summary>Tokens that the provider charged.</summary>
    public required long Tokens { get; init; }

    /// <summary>The cosine of the row's present vector and the new one, from −1 to 1; null when there is none, or none that can be compared.</summary>
    public required double? Cosine { get; init; }

    /// <summary>Whether the row holds a vector now.</summary>
    public required bool HadVector { get; init; }

    /// <summary>What else writing it sets off; it has to be agreed to unless it is empty.</summary>
    public required WriteNeighbours Neighbours { get; init; }
}
