using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>One part of the coverage bar: so many rows in one state.</summary>
/// <param name="Word">The state in the operator's words, to stand behind a number: "4,960 missing".</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Colour">The part of the style class that gives its colour.</param>
/// <param name="Meaning">What it means and what helps, in one sentence.</param>
/// <param name="State">The state; null for a part that stands for several.</param>
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
        var segments = Looks.Where(look => coverage.States[look.State] > 0)
            .Select(look => new Segment(look.Word, coverage.States[look.State]!.Value, look.Colour, look.Meaning, look.State)).ToList();
        if (segments.Count == 0 && NotComputed(coverage).Count > 0 && coverage.Total > 0)
        {
            segments =
            [
                new("with a vector", coverage.Embedded, "unknown", "There is a vector; what it was made from was not examined."),
                new("without a vector", coverage.Total - coverage.Embedded, "missing", "There is no vector; whether there is text to embed was not examined."),
            ];
            segments.RemoveAll(segment => segment.Rows == 0);
        }
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

    /// <summary>How much is embedded, in a few characters; no number when nothing could be.</summary>
    public static string Headline(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return coverage.Share is { } share ? Amount.Percent(share) : "–";
    }

    /// <summary>What the headline speaks of.</summary>
    public static string HeadlineLabel(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return coverage switch
        {
            { RowsHidden: true } => "no row is visible",
            { Total: 0 } => "the table is empty",
            { Share: null } => "no row has text to embed",
            _ when coverage.States[CoverageState.EmptySource] is null => "of all rows embedded",
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

    /// <summary>What an operator has to be told about these figures, in a sentence; null when they say it themselves.</summary>
    public static string? Warning(TableCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return coverage switch
        {
            { RowsHidden: true } => $"This connection's role sees no row, and the catalog knows of about {Amount.Of((long)coverage.CatalogRows)}: row-level security hides them. Nothing here means that they are embedded.",
            _ when NotComputed(coverage) is { Count: > 0 } states => $"Not computed, because the full count took too long: {string.Join(", ", states)}. They are not drawn, and not zero.",
            { Exact: false } => "These figures are an estimate.",
            _ => null,
        };
    }
}
