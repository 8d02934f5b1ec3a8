using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>One part of the coverage bar: so many rows in one state.</summary>
/// <param name="Word">The state in the operator's words, to stand behind a number: "4,960 missing".</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Colour">The part of the style class that gives its colour.</param>
/// <param name="Meaning">What it means and what helps, in one sentence.</param>
/// <param name="State">The state whose rows it opens; null for a part that stands for several, which opens all rows with their states.</param>
public sealed record Segment(string Word, long Rows, string Colour, string Meaning, CoverageState? State = null);

/// <summary>A state in words and colour.</summary>
/// <param name="State">The state.</param>
/// <param name="Word">The state in the operator's words.</param>
/// <param name="Colour">The part of the style class that gives its colour.</param>
/// <param name="Meaning">What it means and what helps, in one sentence.</param>
public sealed record StateLook(CoverageState State, string Word, string Colour, string Meaning);

/// <summary>Coverage in words and colours.</summary>
public static class CoverageLook
{
    /// <summary>The states in the order in which they are shown: from what is best to what is nothing, since the bar fills from the left.</summary>
    public static IReadOnlyList<StateLook> Looks { get; } =
    [
        new(CoverageState.Fresh, "up to date", "fresh", "The vector was made from the row's text of now, with the settings of now."),
        new(CoverageState.StaleText, "edited since", "stale", "The text was edited after its vector was made. A backfill of what is out of date mends it."),
        new(CoverageState.StaleConfig, "from other settings", "other", "The vector was made with another provider, model, length or text recipe. A backfill of what is out of date mends it."),
        new(CoverageState.Unstamped, "of unknown origin", "unknown", "There is a vector, and it is not one that a run of this dashboard wrote. A backfill of what is out of date replaces it."),
        new(CoverageState.Invalid, "unusable", "invalid", "The vector is zero or has the wrong length; no search finds the row. A backfill of what is out of date mends it."),
        new(CoverageState.Missing, "missing", "missing", "The row has text and no vector. A backfill makes it."),
        new(CoverageState.EmptySource, "nothing to embed", "empty", "The row has no text, so it needs no vector."),
    ];

    /// <summary>The parts of the bar that have rows. A state that was not computed has no part; what is known without it still has.</summary>
    public static IReadOnlyList<Segment> Segments(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        var segments = Looks.Where(look => coverage[look.State] > 0)
            .Select(look => new Segment(look.Word, coverage[look.State]!.Value, look.Colour, look.Meaning, look.State)).ToList();
        var vectors = segments.FindLastIndex(segment => segment.State is { } state && CoverageStates.OfVectors.Contains(state)) + 1;
        if (coverage.Unexamined > 0)
            segments.Insert(vectors, new(coverage.Unexamined == coverage.Embedded ? "with a vector" : "not examined yet", coverage.Unexamined, "unexamined", "There is a vector; whether it belongs to the row's text of now is not known yet. The scan in the background finds out."));
        if (coverage[CoverageState.Missing] is null && coverage.Total > coverage.Embedded)
            segments.Add(new("without a vector", coverage.Total - coverage.Embedded, "missing", "There is no vector; whether there is text to embed was not examined.", CoverageState.Missing));
        return segments;
    }

    /// <summary>How one state looks.</summary>
    public static StateLook Of(CoverageState state) => Looks.Single(look => look.State == state);

    /// <summary>The states that were not computed, in words.</summary>
    public static IReadOnlyList<string> NotComputed(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return [.. Looks.Where(look => coverage.States[look.State] is null).Select(look => look.Word)];
    }

    /// <summary>How much is embedded, in a few characters, an estimate with ≈; no number when nothing could be.</summary>
    public static string Headline(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return coverage.Share is { } share ? $"{(coverage.Exact ? "" : "≈ ")}{Amount.Percent(share)}" : "–";
    }

    /// <summary>What the headline speaks of. Nothing, nothing visible, nothing left by the filter and all of it are four different things.</summary>
    public static string HeadlineLabel(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return coverage switch
        {
            { RowsHidden: true, CatalogRows: >= 0 } => $"no rows visible to this role (the catalog says about {Amount.Of((long)coverage.CatalogRows)})",
            { RowsHidden: true } => "no rows visible to this role (the table was never analysed, so the catalog does not know how many there are)",
            { FilteredOut: true } => "hidden by the table's filter: it leaves no row",
            { Total: 0 } => "no rows",
            { Share: null } => "no row has text to embed",
            _ when coverage[CoverageState.EmptySource] is null => "of all rows embedded",
            { Share: 1 } => "all embedded",
            _ => "of rows with text embedded",
        };
    }

    /// <summary>What the bar shows, for whoever does not see it.</summary>
    public static string TextAlternative(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        var parts = Segments(coverage).Select(segment => $"{Amount.Of(segment.Rows)} {segment.Word}").ToList();
        var missing = NotComputed(coverage);
        if (missing.Count > 0)
            parts.Add($"not computed: {string.Join(", ", missing)}");
        return coverage.Total == 0
            ? $"Coverage of {coverage.Table}: {HeadlineLabel(coverage)}."
            : $"Coverage of {coverage.Table}: {Amount.Of(coverage.Embedded)} of {Amount.Rows(coverage.Total)} embedded ({Headline(coverage)} {HeadlineLabel(coverage)}): {string.Join(", ", parts)}.";
    }

    /// <summary>How the rows are known, as the beginning of a sentence that ends with the moment.</summary>
    public static string Basis(Basis basis) => basis switch
    {
        EmbeddingAdmin.Coverage.Basis.Counted => "Counted by the database",
        EmbeddingAdmin.Coverage.Basis.Scanned => "Examined row by row",
        EmbeddingAdmin.Coverage.Basis.Counter => "≈ The last count, and what our runs have written since; counted",
        EmbeddingAdmin.Coverage.Basis.Index => "≈ Rows without a vector counted by their index, all rows by the database's statistics;",
        EmbeddingAdmin.Coverage.Basis.Statistics => "≈ By the database's statistics",
        _ => throw new ArgumentOutOfRangeException(nameof(basis), basis, null),
    };

    /// <summary>How far the scan of the vectors is, in a sentence; null when none is under way.</summary>
    public static string? Scan(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return coverage.Scan is not { } scan ? null
            : scan.Trouble is { } trouble ? $"The scan of the vectors does not get on: {trouble}"
            : $"The vectors are being examined in the background: {Amount.Of(scan.Looked)} of about {Amount.Rows(Math.Max(scan.Looked, coverage.Total))} so far.";
    }

    /// <summary>What an operator has to be told about these figures, in a sentence; null when they say it themselves.</summary>
    public static string? Warning(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return coverage switch
        {
            { RowsHidden: true } => "Row-level security hides every row from this connection's role. Nothing here means that they are embedded, or that they are not.",
            { FilteredOut: true } => "The table has rows, and the filter in its settings leaves all of them out: nothing is counted, and no run touches one.",
            { Total: 0 } => null,
            { Scan: null, ScanDue: false } when NotComputed(coverage) is { Count: > 0 } states => $"Not computed, because it took too long: {string.Join(", ", states)}. They are not drawn, and not zero.",
            _ => null,
        };
    }
}
