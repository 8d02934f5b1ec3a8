using System.Collections.Immutable;
using System.Text.Json;

namespace EmbeddingAdmin.Writing;

/// <summary>What a run can say of itself once it has ended.</summary>
public enum Verdict
{
    /// <summary>Every row in scope has its vector, read back, or nothing to embed.</summary>
    Verified,
    /// <summary>The run ended, and some rows could not be embedded; they are listed.</summary>
    FinishedWithFailures,
    /// <summary>The run ended, and of some rows it is not known or not true that their vector is there.</summary>
    NotVerified,
}

/// <summary>
/// The balance of a run: how many rows ended in which outcome. The sum of the outcomes is what the run selected; counts may be
/// negative in a single page of the ledger, where a row that is taken again leaves the outcome that it had.
/// </summary>
public sealed record Receipt
{
    /// <summary>The outcomes in the order in which they are shown and summed.</summary>
    public static ImmutableArray<RowOutcome> Outcomes { get; } = [.. Enum.GetValues<RowOutcome>()];

    private static readonly RowOutcome[] Troubles =
    [
        RowOutcome.Changed, RowOutcome.Blocked, RowOutcome.Reverted, RowOutcome.TooLong, RowOutcome.Failed, RowOutcome.Unverified, RowOutcome.NotAttempted,
    ];

    private readonly ImmutableArray<long> _counts;

    private Receipt(ImmutableArray<long> counts) => _counts = counts;

    /// <summary>No rows at all.</summary>
    public static Receipt Empty { get; } = new([.. new long[Outcomes.Length]]);

    /// <summary>The number of rows that ended so.</summary>
    public long this[RowOutcome outcome] => _counts[(int)outcome];

    /// <summary>Rows that the run selected: the sum of all outcomes.</summary>
    public long Selected => _counts.Sum();

    /// <summary>The verdict that these counts allow.</summary>
    public Verdict Verdict =>
        this[RowOutcome.Unverified] + this[RowOutcome.Reverted] + this[RowOutcome.Blocked] + this[RowOutcome.NotAttempted] != 0 ? Verdict.NotVerified
        : Troubles.Any(outcome => this[outcome] != 0) ? Verdict.FinishedWithFailures
        : Verdict.Verified;

    /// <summary>The receipt with <paramref name="rows"/> more in <paramref name="outcome"/>.</summary>
    public Receipt Add(RowOutcome outcome, long rows = 1) => new(_counts.SetItem((int)outcome, this[outcome] + rows));

    /// <summary>Sums two receipts, outcome by outcome.</summary>
    public static Receipt operator +(Receipt left, Receipt right) => new([.. left._counts.Zip(right._counts, (a, b) => a + b)]);

    /// <summary>A receipt from counts in the order of <see cref="Outcomes"/>.</summary>
    public static Receipt Of(IReadOnlyList<long> counts) => new([.. counts]);

    /// <summary>The name of an outcome in the ledger, in JSON and on the page: lower camel case.</summary>
    public static string Name(RowOutcome outcome) => JsonNamingPolicy.CamelCase.ConvertName(outcome.ToString());

    /// <summary>The outcome of that name.</summary>
    public static RowOutcome Parse(string name) => Enum.Parse<RowOutcome>(name, ignoreCase: true);

    /// <summary>The counts by name, in order, as JSON shows them.</summary>
    public IReadOnlyDictionary<string, long> ToDictionary() => Outcomes.ToDictionary(Name, outcome => this[outcome], StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool Equals(Receipt? other) => other is not null && _counts.SequenceEqual(other._counts);

    /// <inheritdoc/>
    public override int GetHashCode() => _counts.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Outcomes.Where(o => this[o] != 0).Select(o => $"{this[o]} {Name(o)}"));
}
