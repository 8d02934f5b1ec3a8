using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Rows;

/// <summary>Everything that there is to say of one row, read at one moment.</summary>
public sealed record RowFacts
{
    /// <summary>Characters of the text that are brought along at most.</summary>
    public const int MostCharacters = 20_000;

    /// <summary>The key as text.</summary>
    public required string Key { get; init; }

    /// <summary>The text as it is sent, up to <see cref="MostCharacters"/> of it; empty when there is nothing to embed.</summary>
    public required string Text { get; init; }

    /// <summary>Characters of the whole text.</summary>
    public required int Characters { get; init; }

    /// <summary>Bytes of the whole text in UTF-8, by which providers measure.</summary>
    public required long Bytes { get; init; }

    /// <summary>The sha256 of the whole text of now, hexadecimal; what a stamp's is compared with.</summary>
    public required string TextHash { get; init; }

    /// <summary>Bytes of the longest text that the provider is sent.</summary>
    public required int MostBytes { get; init; }

    /// <summary>The lines of the recipe that are left out of this row's text, because nothing is in their columns.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>The vector; null when the row has none.</summary>
    public required ReadOnlyMemory<float>? Vector { get; init; }

    /// <summary>The sha256 of the vector's bytes, hexadecimal; null when the row has none.</summary>
    public string? VectorHash { get; init; }

    /// <summary>The length that the column's vectors have.</summary>
    public required int Dimensions { get; init; }

    /// <summary>How far the vector can be trusted.</summary>
    public required CoverageState State { get; init; }

    /// <summary>Whether the table's filter counts this row; runs leave one alone that it does not.</summary>
    public required bool Counts { get; init; }

    /// <summary>What our runs know of the vector's making; null when none wrote it.</summary>
    public required RowStamp? Stamp { get; init; }

    /// <summary>What a vector would be made by now.</summary>
    public required EmbeddingModel Model { get; init; }

    /// <summary>The number of the recipe in force; null when no run has used it.</summary>
    public required int? RecipeVersion { get; init; }

    /// <summary>When this was read, by the database's clock.</summary>
    public required DateTimeOffset AsOf { get; init; }
}

/// <summary>A row's stamp: what its vector was made from, and by which run.</summary>
/// <param name="Run">The run that wrote it.</param>
/// <param name="At">When.</param>
/// <param name="MadeBy">The model.</param>
/// <param name="RecipeVersion">The number of the text recipe; null for one from before recipes were numbered.</param>
/// <param name="SameRecipe">Whether it is the recipe of now.</param>
/// <param name="SameVector">Whether the row still holds the vector that was stamped.</param>
public sealed record RowStamp(long Run, DateTimeOffset At, EmbeddingModel MadeBy, int? RecipeVersion, bool SameRecipe, bool SameVector)
{
    /// <summary>The page of the run in which it was written.</summary>
    public int Page { get; init; }

    /// <summary>The sha256 of the text that the vector was made from, hexadecimal.</summary>
    public required string TextHash { get; init; }

    /// <summary>The sha256 of the bytes that were written, hexadecimal.</summary>
    public required string VectorHash { get; init; }
}
