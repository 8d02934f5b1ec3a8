using System.Globalization;
using System.Text.Json;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Rows;
using Microsoft.AspNetCore.WebUtilities;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>Where a table's rows are found in the dashboard: the only maker and reader of these addresses.</summary>
public static class RowAddress
{
    private const string Rows = "/rows/";

    /// <summary>The list of a table's rows.</summary>
    /// <param name="table">The table's configured name.</param>
    /// <param name="state">Only rows in this state.</param>
    /// <param name="key">Only the row with this key.</param>
    /// <param name="after">Rows behind this key.</param>
    /// <param name="before">Rows in front of this key.</param>
    public static string List(string table, CoverageState? state = null, string? key = null, string? after = null, string? before = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        var parts = new Dictionary<string, string?>(StringComparer.Ordinal) { ["state"] = state is { } only ? Name(only) : null, ["key"] = key, ["after"] = after, ["before"] = before };
        return QueryHelpers.AddQueryString($"/tables/{Uri.EscapeDataString(table)}/rows", parts.Where(part => part.Value is not null));
    }

    /// <summary>A row's page.</summary>
    /// <param name="table">The table's configured name.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="walk">The way on which somebody came to it; null for none.</param>
    public static string Of(string table, string key, SampleWalk? walk = null) => walk is null || walk == SampleWalk.ByKey ? Page(table, key) : QueryHelpers.AddQueryString(Page(table, key), Walk(walk));

    private static string Page(string table, string key)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        var segments = key.Split('/');
        // Browsers and servers take such segments out of a path.
        return segments.Any(segment => segment is "" or "." or "..")
            ? $"/tables/{Uri.EscapeDataString(table)}/row?key={Uri.EscapeDataString(key)}"
            : $"/tables/{Uri.EscapeDataString(table)}{Rows}{string.Join('/', segments.Select(Uri.EscapeDataString))}";
    }

    /// <summary>The key in the path of an address that <see cref="Of"/> made; null when the path has none.</summary>
    public static string? KeyOf(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var path = address.Split('?', '#')[0];
        var at = path.IndexOf(Rows, StringComparison.Ordinal);
        return at < 0 ? null : Uri.UnescapeDataString(path[(at + Rows.Length)..]);
    }

    /// <summary>The way that an address names; along the key when it names none, or one that there is not.</summary>
    /// <param name="order">The order's name.</param>
    /// <param name="state">The state's name.</param>
    /// <param name="seed">The seed.</param>
    public static SampleWalk WalkOf(string? order, string? state, int? seed) =>
        Enum.GetValues<SampleOrder>().Cast<SampleOrder?>().FirstOrDefault(known => Name(known!.Value) == order) is not { } found ? SampleWalk.ByKey
        : found != SampleOrder.State ? new(found, null, seed ?? 0)
        : StateOf(state) is { } only ? new(found, only) : SampleWalk.ByKey;

    /// <summary>The state of that name; null when there is none.</summary>
    public static CoverageState? StateOf(string? name) => CoverageStates.InOrder.Cast<CoverageState?>().FirstOrDefault(state => Name(state!.Value) == name);

    /// <summary>The state's name in an address.</summary>
    public static string Name(CoverageState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());

    private static string Name(SampleOrder order) => JsonNamingPolicy.CamelCase.ConvertName(order.ToString());

    private static IEnumerable<KeyValuePair<string, string?>> Walk(SampleWalk walk)
    {
        yield return new("order", Name(walk.Order));
        if (walk.State is { } state)
            yield return new("state", Name(state));
        if (walk.Seed != 0)
            yield return new("seed", walk.Seed.ToString(CultureInfo.InvariantCulture));
    }
}
