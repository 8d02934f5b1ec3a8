using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Runs;

/// <summary>What somebody wants to start.</summary>
/// <param name="Kind">Backfill or verify.</param>
/// <param name="Table">The configured table's name.</param>
public sealed record StartRequest(RunKind Kind, string Table)
{
    /// <summary>The most keys that one start takes.</summary>
    public const int MostKeys = 10_000;

    /// <summary>The most rows that a verification embeds again.</summary>
    public const int MostSample = 1_000;

    /// <summary>The states whose rows a backfill takes; what is missing by default.</summary>
    public IReadOnlyList<CoverageState> Scope { get; init; } = [CoverageState.Missing];

    /// <summary>The keys of the rows that a backfill takes, whatever their state; null to go by <see cref="Scope"/>.</summary>
    public IReadOnlyList<string>? Keys { get; init; }

    /// <summary>The run whose failures a backfill takes, without those that were written since; null to go by <see cref="Scope"/>.</summary>
    public long? FailedIn { get; init; }

    /// <summary>Only the failures of this cause.</summary>
    public FailureCause? FailedAs { get; init; }

    /// <summary>Only the rows of this owner: a value of the table's owner column, as text. It narrows whatever else was chosen.</summary>
    public string? Owner { get; init; }

    /// <summary>At most so many rows, the first by their key; null for all.</summary>
    public long? Limit { get; init; }

    /// <summary>How many rows a verification embeds again, 1 to <see cref="MostSample"/>, to compare the vectors with those that are stored; null for none.</summary>
    public int? Sample { get; init; }

    /// <summary>Whether a row's text would be sent to the provider.</summary>
    public bool Embeds => Kind == RunKind.Backfill || Sample is not null;

    /// <summary>
    /// The fingerprint of what somebody has seen that the updates set off, and agreed to; null when nobody has. A start that sets off anything
    /// else is refused.
    /// </summary>
    public string? Accepts { get; init; }

    /// <summary>What was shown to whoever asks; null when nothing was.</summary>
    public Confirmation? Confirmed { get; init; }
}

/// <summary>What would happen if it were started now, for the operator to confirm.</summary>
public sealed record StartPreview
{
    /// <summary>The request.</summary>
    public required StartRequest Request { get; init; }

    /// <summary>The plan that a run would get.</summary>
    public required RunPlan Plan { get; init; }

    /// <summary>Rows in scope, those without text included.</summary>
    public required long Rows { get; init; }

    /// <summary>Of these, rows that have text.</summary>
    public required long RowsWithText { get; init; }

    /// <summary>The provider's own sentence about where the text goes and what its vectors are good for.</summary>
    public required string Notice { get; init; }

    /// <summary>The key of the row that is shown as an example; null when no row in scope has text.</summary>
    public required string? SampleKey { get; init; }

    /// <summary>That row's text, exactly as it would be sent.</summary>
    public required string? SampleText { get; init; }

    /// <summary>The tokens that the texts will come to.</summary>
    public required TokenEstimate Tokens { get; init; }

    /// <summary>The time that it will take, from and to; null when it is not known.</summary>
    public required (TimeSpan Least, TimeSpan Most)? Time { get; init; }

    /// <summary>What the time was estimated from, in words.</summary>
    public required string TimeBasis { get; init; }

    /// <summary>What else the updates set off; it has to be agreed to unless it is empty.</summary>
    public required WriteNeighbours Neighbours { get; init; }

    /// <summary>Whether to leave the indexes on the vector while the run writes; null when there is none, or nothing to write.</summary>
    public required IndexAdvice? Indexes { get; init; }

    /// <summary>When the database counted.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The request once somebody has seen all this and starts it.</summary>
    /// <param name="accepted">Whether they have agreed to what the updates set off.</param>
    public StartRequest Confirm(bool accepted) => Request with { Accepts = accepted ? Neighbours.Fingerprint : null, Confirmed = new(Rows, Tokens, AsOf) };
}
