using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Text;

/// <summary>
/// Proposes a text recipe from the columns that a table has: what reads like a title first, then what reads like a body, then everything
/// else that gives text, each with its name in front. Columns that name people, places to look or secrets are left out.
/// </summary>
public static class RecipeProposal
{
    private static readonly string[] Titles = ["title", "name", "headline", "heading", "subject", "label"];
    private static readonly string[] Bodies = ["content", "body", "text", "story", "description", "summary", "abstract", "excerpt", "bio", "about", "message", "comment", "note", "notes", "preferences", "interests"];

    // A word of a column's name that says that it is not what the row is about.
    private static readonly string[] Aside =
    [
        "id", "uuid", "email", "mail", "phone", "mobile", "password", "secret", "token", "key", "hash", "checksum", "etag", "url", "uri", "link", "href", "path", "file", "avatar", "image", "photo",
        "slug", "locale", "lang", "timezone", "ip", "address", "street", "zip", "postcode", "username", "login", "author", "display", "first", "last", "created", "updated", "deleted", "external", "stripe", "status", "version", "embedding", "fts", "tsv", "search",
    ];

    /// <summary>The proposed recipe; null when no column gives text.</summary>
    public static string? Of(TableFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var columns = facts.Columns.Where(column => !facts.PrimaryKey.Contains(column.Name, StringComparer.Ordinal) && IsProse(column) && TextRecipe.CanName(column.Name)).ToList();
        var about = columns.Where(column => !Words(column.Name).Any(word => Aside.Contains(word, StringComparer.Ordinal))).ToList();
        // A table of nothing but asides is still better proposed than refused: the operator reads it before it is used.
        var chosen = about.Count > 0 ? about : columns;
        var lines = chosen.OrderBy(Place).Select(Line).Take(TextRecipe.MostLines).ToList();
        return lines.Count == 0 ? null : string.Join('\n', lines);
    }

    private static bool IsProse(ColumnFacts column) => column.IsEnum || column.BaseType is "text" or "varchar" or "bpchar" or "citext" or "_text" or "_varchar" or "json" or "jsonb";

    private static int Place(ColumnFacts column) => Is(Titles, column) ? 0 : Is(Bodies, column) ? 1 : column.BaseType is "text" or "varchar" or "bpchar" or "citext" ? 2 : column.IsEnum ? 3 : 4;

    private static string Line(ColumnFacts column) =>
        Is(Titles, column) || Is(Bodies, column) || column.BaseType is "json" or "jsonb" ? TextRecipe.Name(column.Name) : $"{TextRecipe.Escape(Label(column.Name))}: {TextRecipe.Name(column.Name)}";

    private static bool Is(string[] words, ColumnFacts column) => Words(column.Name) is [.., var last] && words.Contains(last, StringComparer.Ordinal);

    private static string Label(string name)
    {
        var words = string.Join(' ', Words(name));
        return words.Length == 0 ? name : char.ToUpperInvariant(words[0]) + words[1..];
    }

    private static string[] Words(string name) => name.ToLowerInvariant().Split(['_', '-', ' ', '.'], StringSplitOptions.RemoveEmptyEntries);
}
