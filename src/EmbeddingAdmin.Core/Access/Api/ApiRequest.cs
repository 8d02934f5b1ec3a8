using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Api;

/// <summary>A project's address and one of its keys, as they were set at one moment: the key of one project never goes to another.</summary>
/// <param name="Url">The address.</param>
/// <param name="Key">The key.</param>
public sealed record ApiAccess(string Url, string Key)
{
    /// <summary>The address and what kind of key it is.</summary>
    public override string ToString() => $"{Url} with {SupabaseKey.Read(Key).KindName}";
}

/// <summary>A row as it was read over the database connection.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Vector">Its vector as pgvector writes it, which is exact; null when it has none.</param>
/// <param name="Version">Its <c>xmin</c>, which every change of the row changes.</param>
public sealed record RowSeen(string Key, string? Vector, string Version);

/// <summary>
/// A request to PostgREST. Those that this program sends are made here and nowhere else: a write names one row by its key and holds only plain
/// conditions, since before 14.4 an answer to <c>or=</c> on the changed column comes empty, and <c>limit</c> on a write is ignored before 10 and since 13.
/// Nothing is ever upserted: a row that was deleted meanwhile would come back.
/// </summary>
public sealed partial record ApiRequest
{
    private const int BodyShown = 40;

    internal const string OneObject = "application/vnd.pgrst.object+json";

    /// <summary>The most keys of one page. Supabase's own limit for any answer is the same.</summary>
    internal const int PageSize = 1000;

    // As a name in front of "=" these mean something else.
    private static readonly HashSet<string> Reserved = ["select", "order", "limit", "offset", "columns", "on_conflict", "and", "or", "not"];

    internal ApiRequest(HttpMethod method, string path, ApiAccess access) => (Method, Path, Access) = (method, path, access);

    /// <summary>The method.</summary>
    public HttpMethod Method { get; }

    /// <summary>Table and query, below <c>/rest/v1/</c>.</summary>
    public string Path { get; }

    /// <summary>The schema that the table is in.</summary>
    public string Schema { get; init; } = "public";

    /// <summary>The header <c>Prefer</c>; null to send none.</summary>
    public string? Prefer { get; init; }

    /// <summary>Whether one object is asked for: the only way to have no row answered with an error.</summary>
    public bool Singular { get; init; }

    /// <summary>Whether it can change something.</summary>
    public bool Writes => Method != HttpMethod.Get && Method != HttpMethod.Head;

    internal ApiAccess Access { get; }

    internal string? Body { get; init; }

    /// <summary>An update of one row's vector that is answered with an error when it changes no row, on condition that the row is still as it was seen.</summary>
    public static ApiRequest Update(Target target, RowSeen row, string? vector, ApiAccess access)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(row);
        // A vector is too long to be a condition itself.
        var asSeen = row.Vector is null ? $"{Name(target.Table.Vector)}=is.null" : $"xmin=eq.{row.Version}";
        return Patch(target, row.Key, vector, access, $"&{asSeen}&select={Name(target.KeyName)}") with { Singular = true, Prefer = "return=representation" };
    }

    /// <summary>An update of one row's vector as the original scripts sent it: any answer without an error looks like success.</summary>
    public static ApiRequest AsTheScripts(Target target, string row, string? vector, ApiAccess access) => Patch(target, row, vector, access, "");

    /// <summary>One row's key, and what else of it is named.</summary>
    public static ApiRequest Row(Target target, string row, ApiAccess access, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Get(target, $"{Name(target.KeyName)}=eq.{Uri.EscapeDataString(row)}&select={string.Join(',', columns.Prepend(target.KeyName).Select(Name))}", access);
    }

    /// <summary>A page of keys in their order, and on the first one how many there are.</summary>
    public static ApiRequest Keys(Target target, string? after, ApiAccess access)
    {
        ArgumentNullException.ThrowIfNull(target);
        var name = Name(target.KeyName);
        return Get(target, $"select={name}&order={name}.asc&limit={PageSize}{(after is null ? "" : $"&{name}=gt.{Uri.EscapeDataString(after)}")}", access) with { Prefer = after is null ? "count=exact" : null };
    }

    /// <summary>The request without the key, and of the body the beginning: a vector is long.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Method} /rest/v1/{Path}");
        if (Singular)
            text.Append($"; Accept: {OneObject}");
        if (Prefer is not null)
            text.Append($"; Prefer: {Prefer}");
        if (Body is not null)
            text.Append($"; {(Body.Length > BodyShown ? $"{Body[..BodyShown]}…" : Body)}");
        return text.Append($"; {(Writes ? "Content-Profile" : "Accept-Profile")}: {Schema}; apikey: … ({SupabaseKey.Read(Access.Key).KindName})").ToString();
    }

    private static ApiRequest Patch(Target target, string row, string? vector, ApiAccess access, string rest)
    {
        ArgumentNullException.ThrowIfNull(target);
        return new(HttpMethod.Patch, $"{Uri.EscapeDataString(target.Table.Table)}?{Name(target.KeyName)}=eq.{Uri.EscapeDataString(row)}{rest}", access)
        {
            Schema = target.Table.Schema,
            Body = JsonSerializer.Serialize(new Dictionary<string, string?>(StringComparer.Ordinal) { [target.Table.Vector] = vector }),
        };
    }

    private static ApiRequest Get(Target target, string query, ApiAccess access) => new(HttpMethod.Get, $"{Uri.EscapeDataString(target.Table.Table)}?{query}", access) { Schema = target.Table.Schema };

    /// <summary>A column's name as a query names it: quoted where PostgREST would read more than a name into it.</summary>
    private static string Name(string column) => Uri.EscapeDataString(
        Plain().IsMatch(column) && !Reserved.Contains(column) ? column : $"\"{column.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Plain();
}
