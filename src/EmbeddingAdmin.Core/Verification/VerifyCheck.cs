using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Verification;

/// <summary>What a verification looks for, in the order of its report.</summary>
public enum VerifyCheck
{
    /// <summary>Text, no vector, and no run that claims one.</summary>
    Missing,
    /// <summary>Claimed by a run and not there now: gone, or another vector.</summary>
    Reverted,
    /// <summary>The text was edited since the vector was made.</summary>
    TextChanged,
    /// <summary>Made with another provider, model, length or recipe.</summary>
    OtherSettings,
    /// <summary>A vector of wrong dimensions.</summary>
    WrongDimensions,
    /// <summary>A vector of zeros.</summary>
    ZeroVector,
    /// <summary>A vector whose length is not 1, of a model that promises it.</summary>
    NotUnitLength,
    /// <summary>Bit-equal vectors though the texts differ.</summary>
    EqualVectors,
    /// <summary>A vector that no run claims.</summary>
    NeverStamped,
    /// <summary>The provider makes another vector of the text now.</summary>
    Drift,
}

/// <summary>A check as it is kept, said and mended.</summary>
/// <param name="Check">The check.</param>
/// <param name="Code">What its rows are listed under; one of <see cref="ErrorCodes"/>.</param>
/// <param name="Outcome">How its rows end.</param>
/// <param name="Title">What it finds, to stand behind a number: "3 rows never stamped".</param>
/// <param name="Meaning">What it says of a row, in one sentence.</param>
/// <param name="Fix">What mends it, in one sentence.</param>
public sealed record KnownCheck(VerifyCheck Check, string Code, RowOutcome Outcome, string Title, string Meaning, string Fix);

/// <summary>The one list of checks, which the task, the report, the page and the terminal share.</summary>
public static class VerifyChecks
{
    /// <summary>The checks in the order of <see cref="VerifyCheck"/>.</summary>
    public static IReadOnlyList<KnownCheck> All { get; } =
    [
        new(VerifyCheck.Missing, ErrorCodes.FoundMissing, RowOutcome.NotAttempted, "missing",
            "The row has text and no vector, and no run claims one.",
            "A backfill over these rows makes their vectors."),
        new(VerifyCheck.Reverted, ErrorCodes.FoundReverted, RowOutcome.Reverted, "reverted",
            "A run wrote a vector and read it back, and the row holds none now, or another.",
            "Find what writes the rows (a trigger, a job, a script) and keep it from the vector column; then a backfill over these rows writes the vectors again."),
        new(VerifyCheck.TextChanged, ErrorCodes.FoundTextChanged, RowOutcome.Changed, "edited since",
            "The text was edited since the vector was made.",
            "A backfill over these rows makes the vectors of the texts of now."),
        new(VerifyCheck.OtherSettings, ErrorCodes.FoundOtherSettings, RowOutcome.Changed, "from other settings",
            "The vector was made with another provider, model, length or recipe than the settings name.",
            "A backfill over these rows makes their vectors with the settings of now."),
        new(VerifyCheck.WrongDimensions, ErrorCodes.WrongDimensions, RowOutcome.Failed, "of wrong dimensions",
            "The vector has another number of dimensions than the others, and no search can compare it.",
            "A backfill over these rows replaces the vectors."),
        new(VerifyCheck.ZeroVector, ErrorCodes.ZeroVector, RowOutcome.Failed, "zero",
            "The vector is zero: it is stored, and no index by cosine ever finds it.",
            "A backfill over these rows replaces the vectors."),
        new(VerifyCheck.NotUnitLength, ErrorCodes.NotUnitLength, RowOutcome.Failed, "not of unit length",
            "The vector's length is not 1, as this model's vectors are, so that searches by inner product rank it wrongly.",
            "A backfill over these rows replaces the vectors."),
        new(VerifyCheck.EqualVectors, ErrorCodes.FoundEqualVectors, RowOutcome.Failed, "equal to another row's",
            "Another row has the same vector, bit for bit, though its text is another: at least one of them has the wrong one.",
            "A backfill over these rows makes each vector from its own text."),
        new(VerifyCheck.NeverStamped, ErrorCodes.FoundNeverStamped, RowOutcome.Unverified, "never stamped",
            "The vector is there, and no run claims it: what it was made from is unknown.",
            "A backfill over these rows replaces the vectors by ones whose origin is known."),
        new(VerifyCheck.Drift, ErrorCodes.FoundDrift, RowOutcome.Failed, "drifted",
            "The text was embedded again, and the provider makes another vector of it now than the one that is stored.",
            "Find out what changed at the provider: one drifted row of a sample speaks for the whole table. A backfill over these rows replaces their vectors."),
    ];

    /// <summary>What is known of a check.</summary>
    public static KnownCheck Of(VerifyCheck check) => All[(int)check];

    /// <summary>The check under whose code and outcome a row is listed; where there is no code, as in runs from before there were any, the first of the outcome. Null for what is no finding.</summary>
    public static KnownCheck? Of(RowOutcome outcome, string? code) =>
        All.FirstOrDefault(check => check.Outcome == outcome && (code is null || check.Code == code));

    /// <summary>A row in which the check found something.</summary>
    /// <param name="check">The check.</param>
    /// <param name="key">The row's key as text.</param>
    /// <param name="message">A sentence of the row's own; null for the check's.</param>
    internal static RowResult Found(VerifyCheck check, string key, string? message = null)
    {
        var known = Of(check);
        return new(key, known.Outcome, null, known.Code, message ?? known.Meaning);
    }
}
