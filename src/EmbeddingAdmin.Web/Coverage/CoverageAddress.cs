namespace EmbeddingAdmin.Web.Coverage;

/// <summary>Where a table's coverage is found in the dashboard.</summary>
public static class CoverageAddress
{
    /// <summary>The page of a table.</summary>
    /// <param name="table">The table's configured name.</param>
    /// <param name="range">The time that its chart shows; null for the one that is shown when none was chosen.</param>
    public static string Of(string table, HistoryRange? range = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        return $"/tables/{Uri.EscapeDataString(table)}/coverage{(range is null ? null : $"?range={range.Key}")}";
    }
}
