using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>Coverage over time in words.</summary>
public static class HistoryWords
{
    /// <summary>What a run came to, behind its name: "4,960 written".</summary>
    public static string Of(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Run.Writes
            ? $"{Amount.Of(snapshot.Receipt[RowOutcome.Written])} written"
            : $"{RunWords.Kind(snapshot.Run.Kind).ToLowerInvariant()}, {Amount.Rows(snapshot.Done)} read again";
    }

    /// <summary>What the chart shows, for whoever does not see it.</summary>
    public static string Chart(string table, HistoryView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var (first, last) = (view.Snapshots[0], view.Snapshots[^1]);
        var runs = view.Runs.Count switch { 0 => "No run ended", 1 => "One run ended", var some => $"{Amount.Of(some)} runs ended" };
        return $"Rows of {table} by state over time: {Embedded(first)} at first, {Embedded(last)} at last. {runs} in this time.";
    }

    /// <summary>A share, or that there was nothing to have one of.</summary>
    public static string Share(CoverageSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Share is { } share ? Amount.Percent(share) : "–";
    }

    /// <summary>How the chart names a moment, given how long it is.</summary>
    public static string Tick(DateTime at, TimeSpan length) => at.ToString(length.TotalMinutes <= 10 ? "HH:mm:ss" : length.TotalHours <= 36 ? "HH:mm" : length.TotalDays <= 400 ? "d MMM" : "MMM yyyy");

    private static string Embedded(CoverageSnapshot snapshot) => $"{Amount.Of(snapshot.Embedded)} of {Amount.Of(snapshot.Total)} embedded ({Share(snapshot)})";
}
