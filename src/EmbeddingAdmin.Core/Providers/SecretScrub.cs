using System.Text;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Providers;

/// <summary>Makes a provider's words fit to be shown: no part of a key, none of the texts that were sent, one line, not long.</summary>
internal sealed partial class SecretScrub(string key)
{
    private volatile string[] _keys = [key];

    private const int MaxLength = 200;
    private const int MaxRead = 2000;
    private const int TellingLength = 16;

    /// <summary>Knows one key more; those of before are not forgotten, because an answer may be to a request that carried one.</summary>
    public void Learn(string another) => _keys = [.. _keys, another];

    /// <summary>The message without secrets.</summary>
    /// <param name="message">What the provider said.</param>
    /// <param name="texts">What was sent to it: some servers quote it.</param>
    public string Scrub(string message, IReadOnlyList<string> texts)
    {
        if (message.Length > MaxRead)
            message = message[..MaxRead];

        // From the first words of a text on, nothing is shown: where the quotation ends cannot be known.
        foreach (var text in texts)
        {
            var start = text.Trim();
            var at = start.Length == 0
                ? -1
                : message.IndexOf(start[..Math.Min(start.Length, TellingLength)], StringComparison.Ordinal);
            if (at >= 0 && (start.Length >= TellingLength || IsQuoted(message, at, start.Length)))
                message = $"{message[..at]}…";
        }

        foreach (var known in _keys.Where(known => known.Length >= 8))
            message = message.Replace(known, "…", StringComparison.Ordinal);
        message = Secrets().Replace(message, "…");
        return OneLine(message);
    }

    private static bool IsQuoted(string message, int at, int length)
        => at > 0 && message[at - 1] is '"' or '\'' && at + length < message.Length && message[at + length] == message[at - 1];

    private static string OneLine(string message)
    {
        var line = new StringBuilder(MaxLength);
        foreach (var rune in message.EnumerateRunes())
        {
            if (line.Length >= MaxLength)
                return line.Append('…').ToString();
            if (!Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune))
                line.Append(rune);
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>Keys by their prefix, masked keys by their stars, whatever follows "Bearer" or a key's name, and signed tokens.</summary>
    [GeneratedRegex(
        """\b(?:sk|sb|sbp|pk|key|hf|gsk)[-_][\w*.…-]{3,}[\w*…-]|[^\s"'(),:]*\*{2,}[\w*…-]*|(?i:\bbearer)\s+[^\s"',]+|(?i:\bapi[-_]?key\s*[=:]\s*)[^\s"'&,]+|\beyJ[\w-]+(?:\.[\w-]*)*""",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Secrets();
}
