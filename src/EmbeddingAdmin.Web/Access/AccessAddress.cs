using System.Globalization;
using EmbeddingAdmin.Access;
using Microsoft.AspNetCore.WebUtilities;

namespace EmbeddingAdmin.Web.Access;

/// <summary>Where access is shown and explained: the only maker of these addresses.</summary>
public static class AccessAddress
{
    /// <summary>Who can do what to a table.</summary>
    /// <param name="table">The table's configured name.</param>
    public static string Of(string table) => QueryHelpers.AddQueryString("/access", "table", table);

    /// <summary>Why nothing changed.</summary>
    /// <param name="table">The table's configured name.</param>
    /// <param name="who">For whom; null for the connection's role.</param>
    /// <param name="key">Which row; null for any.</param>
    /// <param name="owner">As whom the row's owner is signed in; null for whoever it is.</param>
    /// <param name="run">The run that it is asked of.</param>
    public static string Why(string table, Identity? who = null, string? key = null, string? owner = null, long? run = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        var parts = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["who"] = who?.Slug,
            ["key"] = key,
            ["as"] = owner,
            ["run"] = run?.ToString(CultureInfo.InvariantCulture),
        };
        return QueryHelpers.AddQueryString($"/access/why/{Uri.EscapeDataString(table)}", parts.Where(part => !string.IsNullOrEmpty(part.Value)));
    }
}
