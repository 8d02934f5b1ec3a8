using System.Text;

namespace EmbeddingAdmin.Text;

/// <summary>A piece of a recipe's line.</summary>
/// <param name="Text">The column's name, or words that stand as they are.</param>
/// <param name="IsColumn">Whether it names a column.</param>
public sealed record RecipePiece(string Text, bool IsColumn);

/// <summary>
/// A text recipe as it is written: a line for each part of the text, with columns in braces, such as <c>{title}</c> or
/// <c>Genre: {genre}</c>. A part of a json column is named by its path, <c>{meta->author->name}</c>. A line whose columns are all blank
/// is left out of a row's text. Braces that mean themselves are doubled.
/// </summary>
/// <param name="Template">The recipe as it was written, without blank lines.</param>
/// <param name="Lines">Its lines; each names at least one column.</param>
public sealed record TextRecipe(string Template, IReadOnlyList<IReadOnlyList<RecipePiece>> Lines)
{
    // Postgres takes 100 arguments for a function, and the line feed between the lines is one of them.
    internal const int MostLines = 99;

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RecipeColumn"/>: it cannot be read.</exception>
    public static TextRecipe Parse(string template) => Read(template) is var (recipe, fault) && recipe is not null
        ? recipe
        : throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"The text recipe {fault}. Nothing was read or written.");

    /// <summary>Why a recipe cannot be read, as the end of a sentence; null when it can.</summary>
    public static string? Fault(string template) => Read(template).Fault;

    /// <summary>A column's name as it stands in a recipe, braces included.</summary>
    public static string Name(string column)
    {
        ArgumentNullException.ThrowIfNull(column);
        return $"{{{Escape(column)}}}";
    }

    /// <summary>Whether a column can be named in a recipe: one that begins with a brace or holds a line break cannot.</summary>
    public static bool CanName(string column) => Read(Name(column)).Recipe?.Lines is [[var only]] && only == new RecipePiece(column, true);

    /// <summary>Words as they stand in a recipe.</summary>
    public static string Escape(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return words.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
    }

    private static (TextRecipe? Recipe, string? Fault) Read(string template)
    {
        ArgumentNullException.ThrowIfNull(template);
        var lines = template.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0).ToList();
        if (lines.Count is 0 or > MostLines)
            return (null, lines.Count == 0 ? "is empty; name at least one column, such as {title}" : $"has more than {MostLines} lines");
        var read = new List<IReadOnlyList<RecipePiece>>(lines.Count);
        foreach (var (at, line) in lines.Index())
        {
            if (line.Contains('\0', StringComparison.Ordinal))
                return (null, $"holds a NUL character in line {at + 1}");
            if (Pieces(line) is not { } pieces)
                return (null, $"has a brace in line {at + 1} that is not closed or not opened; double the braces that mean themselves");
            if (!pieces.Any(piece => piece.IsColumn))
                return (null, $"names no column in line {at + 1}; put one in braces, such as {{title}}");
            read.Add(pieces);
        }

        return (new TextRecipe(string.Join('\n', lines), read), null);
    }

    /// <summary>The pieces of a line; null when its braces do not match.</summary>
    private static List<RecipePiece>? Pieces(string line)
    {
        var pieces = new List<RecipePiece>();
        var current = new StringBuilder();
        var inColumn = false;
        for (var at = 0; at < line.Length; at++)
        {
            var c = line[at];
            if (c is '{' or '}' && at + 1 < line.Length && line[at + 1] == c)
            {
                current.Append(c);
                at++;
            }
            else if (c is '{' or '}')
            {
                if (inColumn != (c == '}') || (inColumn && current.Length == 0))
                    return null;
                Close();
                inColumn = !inColumn;
            }
            else
            {
                current.Append(c);
            }
        }

        Close();
        return inColumn ? null : pieces;

        void Close()
        {
            if (current.Length > 0)
                pieces.Add(new RecipePiece(current.ToString(), inColumn));
            current.Clear();
        }
    }
}
