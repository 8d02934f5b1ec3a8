using System.Text;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin;

/// <summary>
/// Takes an address (<c>postgresql://user:password@host:5432/database?sslmode=require</c>, or as <c>jdbc:</c>) apart. Passwords are pasted
/// into it as they are, percent-encoded or not, so that no part of it can be trusted to be a URI.
/// </summary>
internal static partial class DatabaseUrl
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool Is(string text) => Scheme().IsMatch(text);

    /// <summary>Its parts, as keywords of a connection string; what was left out is left out.</summary>
    /// <param name="text">The address.</param>
    /// <param name="known">Whether the query may have this name; what follows the password and is not known belongs to the password.</param>
    public static IReadOnlyList<(string Keyword, string Value)> Read(string text, Func<string, bool> known)
    {
        var rest = Scheme().Replace(text, "", 1);
        var query = QueryOf(rest, known);
        var place = query < 0 ? rest : rest[..query];
        var parts = new List<(string, string)>();

        // The user ends at the last @: a password may have others, a host has none.
        var at = place.LastIndexOf('@');
        if (at >= 0)
        {
            var user = place[..at];
            var colon = user.IndexOf(':', StringComparison.Ordinal);
            Add("Username", colon < 0 ? user : user[..colon]);
            if (colon >= 0)
                Add("Password", user[(colon + 1)..]);
        }

        var (host, port, path) = Place(place[(at + 1)..]);
        Add("Host", host);
        Add("Port", port);
        // A query of names that nobody knows is still one, behind the host.
        var mark = path.IndexOf('?', StringComparison.Ordinal);
        Add("Database", mark < 0 ? path : path[..mark]);
        if (mark >= 0)
            parts.AddRange(Query(path[(mark + 1)..], known));
        if (query >= 0)
            parts.AddRange(Query(rest[(query + 1)..], known));
        return parts;

        void Add(string keyword, string value)
        {
            if (value.Length > 0)
                parts.Add((keyword, Decode(value)));
        }
    }

    /// <summary>Puts characters in the place of each valid <c>%XX</c>, and leaves everything else as it is.</summary>
    internal static string Decode(string text) => Encoded().Replace(text, run =>
    {
        try
        {
            return Strict.GetString(Convert.FromHexString(run.Value.Replace("%", "", StringComparison.Ordinal)));
        }
        catch (DecoderFallbackException)
        {
            return run.Value;
        }
    });

    /// <summary>Where the first ? stands that a known name follows; -1 when there is none.</summary>
    private static int QueryOf(string text, Func<string, bool> known)
    {
        for (var mark = text.IndexOf('?', StringComparison.Ordinal); mark >= 0; mark = text.IndexOf('?', mark + 1))
            if (NameAt(text, mark + 1) is { } name && known(name))
                return mark;
        return -1;
    }

    private static string? NameAt(string text, int start) =>
        text.IndexOf('=', start) is > 0 and var end && text[start..end] is { Length: > 0 } name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? name : null;

    private static (string Host, string Port, string Path) Place(string text)
    {
        // An IPv6 address has colons of its own, in brackets.
        var closed = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : 0;
        var end = text.AsSpan(closed).IndexOfAny('/', '?') is >= 0 and var found ? closed + found : text.Length;
        var colon = text.IndexOf(':', closed, end - closed);
        var host = text[..(colon < 0 ? end : colon)].TrimStart('[').TrimEnd(']');
        var path = text[end..];
        return (host, colon < 0 ? "" : text[(colon + 1)..end], path.StartsWith('/') ? path[1..] : path);
    }

    private static List<(string Keyword, string Value)> Query(string text, Func<string, bool> known)
    {
        var parts = new List<(string Keyword, string Value)>();
        foreach (var part in text.Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals];
            if (parts.Count > 0 && parts[^1].Keyword.Equals("password", StringComparison.OrdinalIgnoreCase) && (equals < 0 || !known(name)))
                parts[^1] = (parts[^1].Keyword, $"{parts[^1].Value}&{part}");
            else if (part.Length > 0)
                parts.Add((name, equals < 0 ? "" : part[(equals + 1)..]));
        }

        return [.. parts.Select(part => (part.Keyword, Decode(part.Value)))];
    }

    [GeneratedRegex("^(?:jdbc:)?postgres(?:ql)?://", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Scheme();

    [GeneratedRegex("(?:%[0-9A-Fa-f]{2})+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Encoded();
}
