namespace EmbeddingAdmin.Access;

/// <summary>Whether the indexes on the vector had better be dropped before a run and made again after it. It is only said: this program drops nothing.</summary>
public sealed record IndexAdvice
{
    /// <summary>The connections on which a run writes: two put nearly twice as much into an index as one.</summary>
    private const int Writers = 2;

    /// <summary>An index that is built over all rows at once costs about so much of what it costs to put them in one by one.</summary>
    private const double RebuildShare = 0.2;

    /// <summary>A run that went so near to what the index allows may have been held up by it.</summary>
    private const double NearTheIndex = 0.7;

    private static readonly TimeSpan WorthIt = TimeSpan.FromMinutes(1);

    /// <summary>The indexes.</summary>
    public required IReadOnlyList<IndexFacts> Indexes { get; init; }

    /// <summary>What was measured.</summary>
    public required WriteRates Rates { get; init; }

    /// <summary>What to do and why, in words.</summary>
    public required string Sentence { get; init; }

    /// <summary>What dropping them first would probably save; null when it is better to leave them, or nobody can tell.</summary>
    public TimeSpan? Saves { get; init; }

    /// <summary>The statements that drop them.</summary>
    public string Drop => string.Join('\n', Indexes.Select(index => $"drop index {index.Name};"));

    /// <summary>The statements that make them again.</summary>
    public string Make => string.Join('\n', Indexes.Select(index => $"{index.Definition};"));

    private string Them => Indexes.Count == 1 ? "it" : "them";

    private string The => Indexes.Count == 1 ? "the index" : "the indexes";

    /// <summary>Judges.</summary>
    /// <param name="indexes">The indexes on the vector, at least one.</param>
    /// <param name="rates">What was measured.</param>
    /// <param name="speed">How fast vectors will come.</param>
    /// <param name="rows">The rows that get a vector.</param>
    /// <param name="vectors">The rows that an index built afterwards has in it, at least <paramref name="rows"/>.</param>
    public static IndexAdvice Of(IReadOnlyList<IndexFacts> indexes, WriteRates rates, ExpectedSpeed speed, long rows, long vectors)
    {
        ArgumentNullException.ThrowIfNull(indexes);
        ArgumentNullException.ThrowIfNull(rates);
        ArgumentNullException.ThrowIfNull(speed);
        var advice = new IndexAdvice { Indexes = indexes, Rates = rates, Sentence = "" };
        if (rates is not { With: { } one, Without: { } bare } || one <= 0 || bare <= 0)
            return advice with { Sentence = $"How much {advice.The} slow{(indexes.Count == 1 ? "s" : "")} the writing down was not measured: {rates.Why ?? "the database did not say"}." };
        var (with, without) = (one * Writers, bare * Writers);
        var takes = $"the database takes {(rates.AtMost ? "fewer than" : "about")} {Rate(with)} rows per second with {advice.The} and {Rate(without)} without";
        if (speed.RowsPerSecond is not { } comes)
            return advice with { Sentence = $"{char.ToUpperInvariant(takes[0])}{takes[1..]}. Whether that holds the run up nobody knows: how fast vectors come is {speed.Basis}." };
        var mayBeHeldUp = !speed.IsPace && comes >= with * NearTheIndex;
        if (comes <= with && !mayBeHeldUp)
            return advice with { Sentence = $"The {(speed.IsPace ? "pace" : "provider")} is the bottleneck, leave {advice.Them}: vectors come at {Rate(comes)} rows per second (from {speed.Basis}), and {takes}." };
        var kept = rows / Math.Min(with, comes);
        var dropped = rows / (mayBeHeldUp ? without : Math.Min(without, comes));
        var rebuilt = vectors * Math.Max(0, (1 / one) - (1 / bare)) * RebuildShare;
        var saved = TimeSpan.FromSeconds(Math.Max(0, kept - dropped - rebuilt));
        var reckoned = $"{takes}, and vectors come at {Rate(comes)} (from {speed.Basis}{(mayBeHeldUp ? ", which the index may have held up" : "")})";
        return saved < WorthIt
            ? advice with { Sentence = $"Leave {advice.Them}: dropping {advice.Them} first and building {advice.Them} again over {vectors:N0} rows would save less than a minute; {reckoned}." }
            : advice with
            {
                Saves = saved,
                Sentence = $"Dropping {advice.Them} first would save about {Math.Floor(saved.TotalMinutes):N0} minute{(saved.TotalMinutes < 2 ? "" : "s")}, building {advice.Them} again over {vectors:N0} rows included: {reckoned}. Until then every search by vector reads the whole table.",
            };
    }

    private static string Rate(double rowsPerSecond) => rowsPerSecond.ToString(rowsPerSecond < 10 ? "0.#" : "N0");
}
