using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// What an error answer says of itself, in the shapes that are found: OpenAI's <c>{"error":{message,type,code,param}}</c>, a bare string in
/// <c>error</c>, the same fields at the top, and <c>{"detail":…}</c>. Of an answer that is no JSON, the body is the message, of HTML its text.
/// </summary>
/// <param name="Code">Code and type; empty when there is neither.</param>
/// <param name="Message">The sentence; not scrubbed yet.</param>
/// <param name="Parameter">The parameter that is blamed.</param>
internal sealed partial record OpenAiError(string Code, string Message, string Parameter)
{
    // Of more than this nobody is shown a word.
    private const int MaxPage = 16_000;

    /// <summary>Reads an answer's body; null when it is JSON that tells of no error.</summary>
    public static OpenAiError? Read(BinaryData body)
    {
        try
        {
            using var json = JsonDocument.Parse(body.ToMemory());
            return Read(json.RootElement);
        }
        catch (JsonException)
        {
            return new OpenAiError("", TextOf(body.ToString()), "");
        }
    }

    /// <summary>Whether code or type speaks of one of these.</summary>
    public bool Is(params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (Code.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>Whether the sentence speaks of this.</summary>
    public bool Says(string words) => Message.Contains(words, StringComparison.OrdinalIgnoreCase);

    private static string TextOf(string page) => page.AsSpan().TrimStart().StartsWith('<')
        ? WebUtility.HtmlDecode(Tags().Replace(page.Length > MaxPage ? page[..MaxPage] : page, " ")).Trim()
        : page;

    /// <summary>Tags, and what stands in comments, scripts and styles, which are no words of the page; what is left open goes to the end.</summary>
    [GeneratedRegex(
        """<!--.*?(?:-->|\z)|<script\b.*?(?:</script\s*>|\z)|<style\b.*?(?:</style\s*>|\z)|<[^>]*(?:>|\z)""",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Tags();

    private static OpenAiError? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        if (root.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object)
            return Fields(error);
        if (error.ValueKind is JsonValueKind.String)
            return new OpenAiError(Text(root, "error_type"), error.GetString()!, "");
        if (root.TryGetProperty("message", out _))
            return Fields(root);
        return root.TryGetProperty("detail", out var detail) ? new OpenAiError("", Detail(detail), "") : null;
    }

    private static OpenAiError Fields(JsonElement error)
    {
        // Both count: OpenAI's code names a lack of money when its type does not, and the other way round.
        var (code, type) = (Text(error, "code"), Text(error, "type"));
        return new OpenAiError(string.Equals(code, type, StringComparison.Ordinal) ? code : $"{code} {type}".Trim(), Text(error, "message"), Text(error, "param"));
    }

    // A list of details quotes the input beside each sentence, so only the sentences are taken.
    private static string Detail(JsonElement detail) => detail.ValueKind switch
    {
        JsonValueKind.String => detail.GetString()!,
        JsonValueKind.Array => string.Join("; ", detail.EnumerateArray().Select(item => item.ValueKind is JsonValueKind.Object ? Text(item, "msg") : "")),
        _ => "",
    };

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => "",
        }
        : "";
}
