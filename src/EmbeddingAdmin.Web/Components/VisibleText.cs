using System.Globalization;

namespace EmbeddingAdmin.Web.Components;

/// <summary>A piece of somebody's text: as it is, or a character that cannot be seen, by its name.</summary>
/// <param name="Text">The text; for a hidden character its code point, such as <c>U+202E</c>.</param>
/// <param name="Hidden">Whether it stands for a character that cannot be seen.</param>
public sealed record TextPiece(string Text, bool Hidden);

/// <summary>
/// Shows text from the database so that nothing in it can hide: characters that turn the direction of reading, take no room or control a
/// terminal are shown by their code point. Line breaks and tabs are what they look like.
/// </summary>
public static class VisibleText
{
    /// <summary>The beginning of a text, not ended inside a character.</summary>
    public static string Cut(string text, int most)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= most ? text : text[..(most > 0 && char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }

    public static IReadOnlyList<TextPiece> Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var pieces = new List<TextPiece>();
        var start = 0;
        for (var at = 0; at < text.Length;)
        {
            var length = char.IsSurrogatePair(text, at) ? 2 : 1;
            if (IsHidden(text, at))
            {
                if (at > start)
                    pieces.Add(new(text[start..at], false));
                pieces.Add(new($"U+{(length == 2 ? char.ConvertToUtf32(text, at) : text[at]):X4}", true));
                start = at + length;
            }
            at += length;
        }
        if (start < text.Length)
            pieces.Add(new(text[start..], false));
        return pieces;
    }

    private static bool IsHidden(string text, int at) => text[at] is not ('\n' or '\t')
        && !(text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n')
        // A zero-width joiner inside an emoji is part of the picture.
        && !(text[at] == '\u200D' && at > 0 && char.IsLowSurrogate(text[at - 1]))
        && !(text[at] == '\u200D' && at > 0 && text[at - 1] == '\uFE0F')
        && CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
