using System.Text.Json.Serialization;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Verification;

/// <summary>A backfill that was started over what a check found.</summary>
/// <param name="Run">The backfill.</param>
/// <param name="Status">How it stands.</param>
public sealed record VerifyFix(long Run, string Status)
{
    /// <summary>Whether it has ended well: whatever of its rows is still wrong stands in its own list.</summary>
    [JsonIgnore]
    public bool Ended => Status == RunStatus.Succeeded.Name();
}

/// <summary>What one check came to.</summary>
/// <param name="Known">The check.</param>
public sealed record VerifyFinding([property: JsonIgnore] KnownCheck Known)
{
    /// <summary>The check's name, such as <c>textChanged</c>.</summary>
    public string Check => Run.Name(Known.Check);

    /// <summary>The code under which its rows are listed.</summary>
    public string Code => Known.Code;

    /// <summary>Whether the check was made: drift is only looked for when somebody asks, equal vectors not among the local provider's.</summary>
    public required bool Made { get; init; }

    /// <summary>The rows that it found.</summary>
    public required long Count { get; init; }

    /// <summary>Up to five of their keys, the first as text.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>What the check says of a row.</summary>
    public string Meaning => Known.Meaning;

    /// <summary>What mends it.</summary>
    public string Fix => Known.Fix;

    /// <summary>What it found in the verification before; null when there was none, or it did not make this check.</summary>
    public long? Before { get; init; }

    /// <summary>The backfills that were started over these rows, oldest first.</summary>
    public IReadOnlyList<VerifyFix> Fixes { get; init; } = [];

    /// <summary>The cause under which the rows can be taken by a backfill; null when there is none.</summary>
    [JsonIgnore]
    public FailureCause? Cause { get; init; }
}

/// <summary>The texts that were embedded again.</summary>
/// <param name="Asked">How many rows were asked for.</param>
/// <param name="Compared">How many were compared.</param>
/// <param name="Tolerance">The least cosine that counts as the same; null where the vectors have to be the same bit for bit.</param>
/// <param name="Tokens">What the provider charged.</param>
/// <param name="Cost">Its price, not rounded; null for a model without one.</param>
/// <param name="Currency">The price's currency; null for a model without one.</param>
public sealed record VerifySample(int Asked, long Compared, double? Tolerance, long Tokens, decimal? Cost, string? Currency);

/// <summary>The verification before, with which a report is compared.</summary>
/// <param name="Run">Its number.</param>
/// <param name="At">When it ended.</param>
public sealed record VerifyBefore(long Run, DateTimeOffset At);

/// <summary>
/// What a verification found: a line for each check, in their order, those that found nothing too. It is made of what is stored with the run, so it is
/// kept as long as that.
/// </summary>
public sealed record VerifyReport
{
    /// <summary>The run.</summary>
    public required long Run { get; init; }

    /// <summary>The configured table's name.</summary>
    public required string Table { get; init; }

    /// <summary>How the run stands.</summary>
    public required string Status { get; init; }

    /// <summary>The verdict in one sentence; null while the run may still go on.</summary>
    public required string? Verdict { get; init; }

    /// <summary>When the database was asked.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>When the first worker took the run; null when none did.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the run ended; null while it has not.</summary>
    public required DateTimeOffset? EndedAt { get; init; }

    /// <summary>The rows that were read.</summary>
    public required long RowsRead { get; init; }

    /// <summary>The rows in which a check found something.</summary>
    public long Found => Checks.Sum(check => check.Count);

    /// <summary>The checks in their order.</summary>
    public required IReadOnlyList<VerifyFinding> Checks { get; init; }

    /// <summary>The texts that were embedded again; null when nobody asked.</summary>
    public required VerifySample? Sample { get; init; }

    /// <summary>The verification before of the same column; null when there is none.</summary>
    public required VerifyBefore? Before { get; init; }

    /// <summary>What else has to be known to read it, in sentences.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
