using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Text;

/// <summary>
/// A table's text recipe as one SQL expression. The same expression is evaluated when a row is read, when its vector is
/// written and when it is verified, so that "the text has not changed" is decided by one definition only.
/// </summary>
/// <remarks>
/// Lines are joined by a line feed. Text stands as it is; a <c>text[]</c> is joined by ", "; a json object becomes lines
/// <c>key: a, b</c> with sorted keys. Lines without anything in their columns are left out, so a row without text gives '' and never
/// NULL: a NULL would equal nothing, and the row would be found again for ever.
/// </remarks>
public sealed record SourceText
{
    private SourceText(IReadOnlyList<string> lines, IReadOnlyList<string> columns) => (Lines, Columns) = (lines, columns);

    /// <summary>The SQL of each line of the recipe, in order: its text for the row <c>t</c>, NULL when it is left out.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The columns that it is made of, by their bare names, in the recipe's order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The text of the row <c>t</c>, of type text, never NULL.</summary>
    public string Expression => $"concat_ws(E'\\n', {string.Join(", ", Lines)})";

    /// <summary>The sha256 of the text in UTF-8: 32 bytes, the text's identity in stamps.</summary>
    public string Hash => $"sha256(convert_to({Expression}, 'UTF8'))";

    /// <summary>True for a row that has nothing to embed.</summary>
    public string IsBlank => $"({Expression} = '')";

    /// <summary>The recipe's identity: the sha256 of its expression, hexadecimal. Another recipe makes other texts.</summary>
    public string Recipe => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Expression)));

    /// <summary>Builds the expression for the columns as the catalog has them.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RecipeColumn"/>: a column is missing or has a type that gives no text.</exception>
    public static SourceText Compile(TextRecipe recipe, EmbeddingTable table, TableFacts facts)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(facts);
        return new SourceText(
            [.. recipe.Lines.Select(line => Line(line, table, facts))],
            [.. recipe.Lines.SelectMany(line => line).Where(piece => piece.IsColumn).Select(piece => Find(piece.Text, table, facts).Column.Name).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>Whether a column can stand in a recipe.</summary>
    public static bool GivesText(ColumnFacts column)
    {
        ArgumentNullException.ThrowIfNull(column);
        return Text(column, "") is not null && TextRecipe.CanName(column.Name);
    }

    private static string Line(IReadOnlyList<RecipePiece> pieces, EmbeddingTable table, TableFacts facts)
    {
        var columns = pieces.Where(piece => piece.IsColumn).Distinct().ToDictionary(piece => piece, piece => Column(piece.Text, table, facts));
        // \S and not btrim: a part of tabs or no-break spaces is blank as well.
        var filled = string.Join(" or ", columns.Values.Distinct(StringComparer.Ordinal).Select(text => $"{text} ~ '\\S'"));
        var parts = pieces.Select(piece => !piece.IsColumn ? SqlName.Literal(piece.Text) : columns.Count == 1 ? columns[piece] : $"coalesce({columns[piece]}, '')");
        return $"case when {filled} then {string.Join(" || ", parts)} end";
    }

    /// <summary>The column that a name means, and the path to a part of it.</summary>
    private static (ColumnFacts Column, string[] Path) Find(string name, EmbeddingTable table, TableFacts facts)
    {
        if (facts.Columns.FirstOrDefault(c => c.Name == name) is { } whole)
            return (whole, []);
        if (name.Split("->", StringSplitOptions.TrimEntries) is [var first, .. var rest] && rest.Length > 0
            && facts.Columns.FirstOrDefault(c => c.Name == first && c.BaseType is "json" or "jsonb") is { } column)
            return (column, rest);
        throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"The text recipe of {table.Name} names the column {name}, which {table.Schema}.{table.Table} does not have. Nothing was read or written.{NearMatch.Sentence(name, facts.Columns.Select(c => c.Name))}");
    }

    private static string Column(string name, EmbeddingTable table, TableFacts facts)
    {
        var (column, path) = Find(name, table, facts);
        var sql = $"t.{SqlName.Of(column.Name)}";
        if (path.Length > 0)
            sql = $"({sql}::jsonb #> array[{string.Join(", ", path.Select(SqlName.Literal))}]::text[])";
        return Text(column, sql)
            ?? throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"The column {column.Name} of {table.Schema}.{table.Table} is {column.Type}, which gives no text. Nothing was read or written.");
    }

    private static string? Text(ColumnFacts column, string sql) => column.BaseType switch
    {
        "text" or "varchar" or "bpchar" or "citext" or "name" => $"{sql}::text",
        "_text" or "_varchar" => $"array_to_string({sql}, ', ')",
        "json" or "jsonb" => Json(sql),
        "int2" or "int4" or "int8" or "numeric" or "bool" or "uuid" or "date" => $"{sql}::text",
        _ when column.IsEnum => $"{sql}::text",
        _ => null,
    };

    private static string Json(string sql) =>
        $"""
        (select string_agg(case jsonb_typeof({sql}::jsonb) when 'object' then e.key || ': ' else '' end || e.part, E'\n' order by e.key collate "C") from (
           select o.key, case jsonb_typeof(o.value) when 'array' then (select string_agg(a.item, ', ' order by a.n) from jsonb_array_elements_text(o.value) with ordinality as a(item, n)) else o.value #>> '{"{}"}' end as part
             from jsonb_each(case jsonb_typeof({sql}::jsonb) when 'object' then {sql}::jsonb when 'null' then '{"{}"}'::jsonb else jsonb_build_object('', {sql}::jsonb) end) as o(key, value)) as e
          where e.part ~ '\S')
        """;
}
