using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Access.Api;

/// <summary>What came back from the API, as it is. What it means is <see cref="ApiMeaning"/>'s to say.</summary>
public sealed partial record ApiAnswer
{
    // What stands before PostgREST spells them in other ways.
    private static readonly string[] Codes = ["code", "error_code", "error"];
    private static readonly string[] Messages = ["message", "msg", "error"];

    /// <summary>The HTTP status; 0 when no answer came.</summary>
    public int Status { get; init; }

    /// <summary>Why no answer came, in a sentence; empty when one did.</summary>
    public string Silence { get; init; } = "";

    /// <summary>Whether the request may have arrived although no answer came.</summary>
    public bool MayHaveArrived { get; init; } = true;

    /// <summary>The header <c>Content-Range</c>, such as <c>*/*</c>; empty when there is none.</summary>
    public string ContentRange { get; init; } = "";

    /// <summary>The header <c>Preference-Applied</c>; empty when there is none.</summary>
    public string PreferenceApplied { get; init; } = "";

    /// <summary>How long it asks to wait; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The host that it points to instead of answering; empty when it does not.</summary>
    public string RedirectedTo { get; init; } = "";

    /// <summary>The <c>code</c> of an error's body, such as <c>PGRST116</c> or <c>42501</c>; empty when there is none.</summary>
    public string Code { get; init; } = "";

    /// <summary>The <c>message</c> of an error's body, or the first words of one that is no JSON: a line without secrets.</summary>
    public string Message { get; init; } = "";

    /// <summary>The number of rows that an error speaks of; null when it speaks of none.</summary>
    public long? RowsNamed { get; init; }

    /// <summary>The body, when it is JSON. It may hold what is in a row, and is never shown.</summary>
    internal JsonElement? Json { get; init; }

    /// <summary>Whether there is no body.</summary>
    public bool Empty { get; init; } = true;

    /// <summary>Whether it says that what was asked for was done.</summary>
    public bool Succeeded => Status is >= 200 and < 300;

    /// <summary>The number after the slash, which counts all; null when it is a star.</summary>
    public long? Total => Number(Range().Match(ContentRange).Groups["total"]);

    /// <summary>The rows in front of the slash; 0 when it is a star, null when there is no such header.</summary>
    public long? InRange => Range().Match(ContentRange) is { Success: true, Groups: var part } ? Number(part["to"]) - Number(part["from"]) + 1 ?? 0 : null;

    /// <summary>How many rows a write changed: the total comes first, since not every server writes a range beside it. Null when nothing says so.</summary>
    public long? Changed => Total ?? InRange ?? InBody;

    /// <summary>How many rows are in the body; null when it has none.</summary>
    public long? InBody => Json switch
    {
        { ValueKind: JsonValueKind.Array } rows => rows.GetArrayLength(),
        { ValueKind: JsonValueKind.Object } => 1,
        _ => null,
    };

    /// <summary>Which of the preferences that were asked for were not followed: neither is it said that they were, nor does it show.</summary>
    public IReadOnlyList<string> Ignored(ApiRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var applied = Split(PreferenceApplied);
        return [.. Split(request.Prefer ?? "").Where(asked => asked switch
        {
            // Not every server names these in its answer, and whether they are followed shows only when they are violated.
            _ when asked.StartsWith("handling=", StringComparison.Ordinal) || asked.StartsWith("max-affected=", StringComparison.Ordinal) || asked.StartsWith("tx=", StringComparison.Ordinal) => false,
            "return=representation" => Empty,
            "return=minimal" => !Empty,
            "count=exact" => Total is null,
            _ => !applied.Contains(asked, StringComparer.Ordinal),
        })];

        static string[] Split(string header) => header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The values of a column in the body, as text.</summary>
    internal IReadOnlyList<string> Values(string column)
    {
        var rows = Json switch { { ValueKind: JsonValueKind.Array } many => many.EnumerateArray(), _ => Enumerable.Empty<JsonElement>() };
        return [.. (Json is { ValueKind: JsonValueKind.Object } one ? [one] : rows)
            .Where(row => row.ValueKind == JsonValueKind.Object && row.TryGetProperty(column, out _))
            .Select(row => row.GetProperty(column) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : row.GetProperty(column).GetRawText())];
    }

    /// <summary>Status, headers and error in one line, without what is in a row.</summary>
    public override string ToString()
    {
        if (Status == 0)
            return Silence;
        var text = new StringBuilder($"HTTP {Status}");
        if (ContentRange.Length > 0)
            text.Append($", Content-Range {ContentRange}");
        if (PreferenceApplied.Length > 0)
            text.Append($", Preference-Applied {PreferenceApplied}");
        if (Code.Length > 0)
            text.Append($", {Code}");
        return Message.Length > 0 ? text.Append($": {Message}").ToString() : text.ToString();
    }

    /// <summary>Reads an answer.</summary>
    internal static async Task<ApiAnswer> ReadAsync(HttpResponseMessage answer, string key, DateTimeOffset now, CancellationToken cancel)
    {
        // Whatever encoding a page claims to have, names in an error are in ASCII.
        var body = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(cancel));
        var read = new ApiAnswer
        {
            Status = (int)answer.StatusCode,
            ContentRange = Header("Content-Range"),
            PreferenceApplied = Header("Preference-Applied"),
            RetryAfter = answer.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - now : null,
            RedirectedTo = answer.Headers.Location is { } elsewhere ? elsewhere.IsAbsoluteUri ? elsewhere.Host : "the same host" : "",
            Empty = string.IsNullOrWhiteSpace(body),
        };
        return read.Empty ? read : read.WithBody(body, new SecretScrub(key));

        string Header(string name) => answer.Content.Headers.TryGetValues(name, out var values) || answer.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : "";
    }

    private ApiAnswer WithBody(string body, SecretScrub scrub)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement.Clone();
            if (Succeeded || root.ValueKind != JsonValueKind.Object)
                return this with { Json = root };
            var code = First(root, text => !text.Contains(' ', StringComparison.Ordinal), Codes);
            var message = First(root, _ => true, Messages);
            return this with
            {
                Json = root,
                Code = scrub.Scrub(code, []),
                Message = MayBeShown(code, message) ? scrub.Scrub(message, []) : "",
                RowsNamed = Number(Rows().Match(Text(root, "details")).Groups["rows"]),
            };
        }
        catch (JsonException)
        {
            return this with { Message = scrub.Scrub(Tags().Replace(body, " "), []) };
        }
    }

    /// <summary>Of what Postgres says only names are shown: a constraint quotes the row, and a trigger may, under whatever code.</summary>
    private static bool MayBeShown(string code, string message) => code is not ("SUP" or { Length: 5 }) || Names().IsMatch(message);

    private static string First(JsonElement json, Func<string, bool> fits, string[] names) => names.Select(name => Text(json, name)).FirstOrDefault(text => text.Length > 0 && fits(text)) ?? "";

    private static long? Number(Group digits) => digits.Success ? long.Parse(digits.ValueSpan) : null;

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    [GeneratedRegex(@"^(?:\*|(?<from>\d{1,18})-(?<to>\d{1,18}))/(?:\*|(?<total>\d{1,18}))$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Range();

    [GeneratedRegex(@"(?:contains?|affects) (?<rows>\d{1,18}) rows", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Rows();

    [GeneratedRegex(@"^(?:PostgresError: )?(?:permission denied for |new row violates row-level security policy |(?:column|relation) \S+ does not exist$|canceling statement due to statement timeout$)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Names();

    [GeneratedRegex("<[^>]*>", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Tags();
}
