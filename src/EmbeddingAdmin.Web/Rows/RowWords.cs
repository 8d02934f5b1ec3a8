using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>One row in words.</summary>
public static class RowWords
{
    /// <summary>Why the row is in its state.</summary>
    public static string Reason(RowFacts row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return (row.State, row.Stamp) switch
        {
            (CoverageState.EmptySource, _) => "Nothing is in the columns of the text recipe, so there is nothing to embed.",
            (CoverageState.Missing, null) => "The row has text and no vector. A backfill makes it.",
            (CoverageState.Missing, var stamp) => $"The row has text and no vector. Run {stamp.Run} wrote one, and it is gone.",
            (CoverageState.Invalid, _) when row.Vector is { } vector && vector.Length != row.Dimensions =>
                $"The vector has {Amount.Of(vector.Length)} dimensions instead of {Amount.Of(row.Dimensions)}; no search finds the row.",
            (CoverageState.Invalid, _) => "All numbers of the vector are 0, so that it has no direction; no search finds the row.",
            (CoverageState.StaleText, { } stamp) => $"The text was edited after run {stamp.Run} made the vector.",
            (CoverageState.StaleConfig, { } stamp) => $"The vector was made otherwise than the settings say now: {Differences(row, stamp)}.",
            (CoverageState.Unstamped, { } stamp) => $"The vector is not the one that run {stamp.Run} wrote: somebody replaced it, and nobody knows what it was made from.",
            (CoverageState.Unstamped, _) => "There is a vector, and no run of this dashboard wrote it: nobody knows what it was made from.",
            _ => "The vector was made from the row's text of now, with the settings of now.",
        };
    }

    /// <summary>What an operator has to be told about the row, a sentence each.</summary>
    public static IEnumerable<string> Warnings(RowFacts row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (!row.Counts)
            yield return "The table's filter leaves this row out: it is not counted, and no run touches it.";
        if (row is { Stamp: { SameVector: false } stamp, Vector: not null, State: not CoverageState.Unstamped })
            yield return $"The row holds another vector than the one that run {stamp.Run} wrote: somebody replaced it.";
        if (row.Bytes > row.MostBytes)
            yield return $"The text is longer than what the provider is sent ({Amount.Of(row.MostBytes)} bytes): a run lists the row as too long, and cuts nothing.";
    }

    /// <summary>What the search for rows came to when its time was over.</summary>
    public static string Stopped(RowPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return $"Looked at {Amount.Rows(page.Looked)} up to key {page.StoppedAt}; {(page.Rows.Count == 0 ? "none yet" : $"{Amount.Of(page.Rows.Count)} so far")}.";
    }

    private static string Differences(RowFacts row, RowStamp stamp)
    {
        var parts = new List<string>();
        Compare("provider", stamp.MadeBy.Provider, row.Model.Provider);
        Compare("host", stamp.MadeBy.Host, row.Model.Host);
        Compare("model", stamp.MadeBy.Model, row.Model.Model);
        Compare("dimensions", Amount.Of(stamp.MadeBy.Dimensions), Amount.Of(row.Model.Dimensions));
        if (!stamp.SameRecipe)
            parts.Add("another text recipe");
        return string.Join(", ", parts);

        void Compare(string what, string then, string now)
        {
            if (then != now)
                parts.Add($"{what} {then} instead of {now}");
        }
    }
}
