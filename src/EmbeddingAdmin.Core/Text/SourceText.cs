using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Text;

/// <summary>
/// A table's text recipe as one SQL expression. The same expression is evaluated when a row is read, when its vector is
/// written and when it is verified, so that "the text has not changed" is decided by one definition only.
/// </summary>
/// <remarks>
/// Parts are joined by a line feed. Text stands as it is; a <c>text[]</c> is joined by ", "; a json object becomes lines
/// <c>key: a, b</c> with sorted keys. NULL and blank parts are left out, so a row without text gives '' and never NULL:
/// a NULL would equal nothing, and the row would be found again for ever.
/// </remarks>
public sealed record SourceText
{
    private SourceText(string expression) => Expression = expression;

    /// <summary>The text of the row <c>t</c>, of type text, never NULL.</summary>
    public string Expression { get; }

    /// <summary>The sha256 of the text in UTF-8: 32 bytes, the text's identity in stamps.</summary>
    public string Hash => $"sha256(convert_to({Expression}, 'UTF8'))";

    /// <summary>True for a row that has nothing to embed.</summary>
    public string IsBlank => $"({Expression} = '')";

    /// <summary>The recipe's identity: the sha256 of its expression, hexadecimal. Another recipe makes other texts.</summary>
    public string Recipe => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Expression)));

    /// <summary>Builds the expression for the columns as the catalog has them.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RecipeColumn"/>: a column is missing or has a type that gives no text.</exception>
    public static SourceText Compile(EmbeddingTable table, TableFacts facts)
    {
        if (table.Text.Count == 0)
            throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"The text recipe of {table.Name} names no column. Nothing was read or written. Name at least one.");
        return new SourceText($"concat_ws(E'\\n', {string.Join(", ", table.Text.Select(part => Part(part, table, facts)))})");
    }

    private static string Part(RecipePart part, EmbeddingTable table, TableFacts facts)
    {
        var column = facts.Columns.FirstOrDefault(c => c.Name == part.Column)
            ?? throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"The text recipe of {table.Name} names the column {part.Column}, which {table.Schema}.{table.Table} does not have. Nothing was read or written.");
        var name = $"t.{SqlName.Of(column.Name)}";
        var text = column.BaseType switch
        {
            "text" or "varchar" or "bpchar" or "citext" or "name" => $"{name}::text",
            "_text" or "_varchar" => $"array_to_string({name}, ', ')",
            "json" or "jsonb" => Json(name),
            "int2" or "int4" or "int8" or "numeric" or "bool" or "uuid" or "date" => $"{name}::text",
            _ => throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"The column {part.Column} of {table.Schema}.{table.Table} is {column.Type}, which gives no text. Nothing was read or written."),
        };
        var label = part.Label is null ? "" : $"{Literal(part.Label + ": ")} || ";
        // \S and not btrim: a part of tabs or no-break spaces is blank as well.
        return $"case when {text} ~ '\\S' then {label}{text} end";
    }

    private static string Json(string name) =>
        $"""
        (select string_agg(case jsonb_typeof({name}::jsonb) when 'object' then e.key || ': ' else '' end || e.part, E'\n' order by e.key collate "C") from (
           select o.key, case jsonb_typeof(o.value) when 'array' then (select string_agg(a.item, ', ' order by a.n) from jsonb_array_elements_text(o.value) with ordinality as a(item, n)) else o.value #>> '{"{}"}' end as part
             from jsonb_each(case jsonb_typeof({name}::jsonb) when 'object' then {name}::jsonb when 'null' then '{"{}"}'::jsonb else jsonb_build_object('', {name}::jsonb) end) as o(key, value)) as e
          where e.part ~ '\S')
        """;

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
