using EmbeddingAdmin.Coverage;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>So many rows at one moment.</summary>
/// <param name="At">The moment, in the time of the page.</param>
/// <param name="Rows">The rows; Radzen draws doubles.</param>
public sealed record BandPoint(DateTime At, double Rows);

/// <summary>One layer of the chart: the rows in one state over time.</summary>
/// <param name="Word">The state in the operator's words.</param>
/// <param name="Colour">The part of the style class that gives its colour.</param>
/// <param name="Points">Its rows; every layer has the same moments.</param>
public sealed record HistoryBand(string Word, string Colour, IReadOnlyList<BandPoint> Points);

/// <summary>Snapshots as layers, in the words and colours of the coverage bar.</summary>
public static class HistoryBands
{
    /// <summary>More points than these are not told apart on a screen, and each costs the chart some.</summary>
    public const int MostPoints = 180;

    // As the bar fills from the left, the chart fills from below.
    private static readonly string[] Order = ["fresh", "stale", "other", "unknown", "invalid", "unexamined", "missing", "empty"];

    /// <summary>The layers that have rows at any moment, from below. A state that was not computed has none: its rows are in the layer of those that were not examined.</summary>
    /// <param name="snapshots">The snapshots, the oldest first.</param>
    /// <param name="zone">The time of the page.</param>
    public static IReadOnlyList<HistoryBand> Of(IReadOnlyList<CoverageSnapshot> snapshots, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        var parts = snapshots.Select(snapshot => (At: TimeZoneInfo.ConvertTime(snapshot.At, zone).DateTime, Segments: CoverageLook.Segments(Coverage(snapshot)))).ToList();
        return
        [
            .. from colour in Order
               let word = parts.SelectMany(part => part.Segments).LastOrDefault(segment => segment.Colour == colour)?.Word
               where word is not null
               select new HistoryBand(word, colour, [.. parts.Select(part => new BandPoint(part.At, part.Segments.Where(segment => segment.Colour == colour).Sum(segment => segment.Rows)))]),
        ];
    }

    /// <summary>At most <see cref="MostPoints"/> of them, evenly over the time: of each piece of it the last, and the first of all.</summary>
    public static IReadOnlyList<CoverageSnapshot> Thin(IReadOnlyList<CoverageSnapshot> snapshots)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        if (snapshots.Count <= MostPoints)
            return snapshots;
        var (first, length) = (snapshots[0].At, snapshots[^1].At - snapshots[0].At);
        return [snapshots[0], .. snapshots.Skip(1).GroupBy(snapshot => (int)((snapshot.At - first) / length * (MostPoints - 2))).Select(piece => piece.Last())];
    }

    /// <summary>How many rows were embedded at a moment, by the last snapshot until then; by the first when none was taken until then.</summary>
    public static long EmbeddedAt(IReadOnlyList<CoverageSnapshot> snapshots, DateTimeOffset at, long run)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        return (snapshots.FirstOrDefault(snapshot => snapshot.Run == run) ?? snapshots.LastOrDefault(snapshot => snapshot.At <= at) ?? snapshots[0]).Embedded;
    }

    private static TableCoverage Coverage(CoverageSnapshot snapshot) => new()
    {
        Table = "",
        Column = "",
        Rows = new(snapshot.Total, Basis.Counted, snapshot.At),
        WithVector = new(snapshot.Embedded, Basis.Counted, snapshot.At),
        Figures = snapshot.States.ToDictionary(state => state.Key, Figure? (state) => state.Value is { } rows ? new(rows, Basis.Counted, snapshot.At) : null),
        CatalogRows = -1,
    };
}
