namespace EmbeddingAdmin.Access.Why;

/// <summary>What can keep a write from happening, in the order in which it is looked at.</summary>
public enum Suspect
{
    /// <summary>The database does not answer, is a standby, read-only or full.</summary>
    Database,

    /// <summary>Schema, table or columns are not granted.</summary>
    Grants,

    /// <summary>Row-level security.</summary>
    RowSecurity,

    /// <summary>Triggers and rules.</summary>
    Triggers,

    /// <summary>What the relation and the column are: a view, a foreign table, a partition, a generated column.</summary>
    Shape,

    /// <summary>The time that the role has for a statement.</summary>
    Timeout,

    /// <summary>The row: gone, edited, or holding the value already.</summary>
    Row,
}

/// <summary>What was found of a suspect.</summary>
public enum Found
{
    /// <summary>It is not the reason.</summary>
    Clear,

    /// <summary>It is the reason.</summary>
    Cause,

    /// <summary>It is worth knowing and not the reason.</summary>
    Note,

    /// <summary>It was not looked at, because the reason had been found or could not be looked for.</summary>
    NotLooked,
}

/// <summary>One suspect and what was found.</summary>
/// <param name="Suspect">What was looked at.</param>
/// <param name="Found">What was found.</param>
/// <param name="Sentence">The same in words.</param>
/// <param name="Details">What it rests on, a line each: policies with their text and whether they let this row through, triggers with their timing, statements and answers. Never any row's text.</param>
public sealed record Step(Suspect Suspect, Found Found, string Sentence, IReadOnlyList<string> Details);

/// <summary>The answer to "why did nothing change?": one true sentence and what cures it.</summary>
public sealed record Diagnosis
{
    /// <summary>The configured table's name.</summary>
    public required string Table { get; init; }

    /// <summary>For whom it was asked.</summary>
    public required Identity Identity { get; init; }

    /// <summary>The row that was tried; null when the table has none that could be.</summary>
    public required string? Key { get; init; }

    /// <summary>The one true sentence.</summary>
    public required string Sentence { get; init; }

    /// <summary>One of <see cref="ErrorCodes"/>; null when the write would happen now, or the row needs none.</summary>
    public required string? Code { get; init; }

    /// <summary>What an operator can do, the recommended first; empty when there is nothing to cure.</summary>
    public required IReadOnlyList<Cure> Cures { get; init; }

    /// <summary>Everything that was looked at, in order.</summary>
    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>What trying it came to: the three cells of the matrix for this identity and this row.</summary>
    public required IReadOnlyList<AccessCell> Measured { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>Whether a write of this identity to this row happens now.</summary>
    public bool Writes => Measured.Count > 0 && Measured.All(cell => cell.Answer == AccessAnswer.Yes);
}
