namespace EmbeddingAdmin.Tables;

/// <summary>One column of a table's text recipe, with the label that stands before it in the text, if any.</summary>
/// <param name="Column">The column's name as the catalog spells it: text, varchar, text[], json or jsonb.</param>
/// <param name="Label">Stands before the part as <c>Label: </c>; null for none.</param>
public sealed record RecipePart(string Column, string? Label = null);

/// <summary>
/// A table as it is configured: where its rows are, which column holds the vector and what text the vector is made from.
/// Nothing here is proven; <see cref="TableCatalog"/> resolves it to a <see cref="Target"/>.
/// </summary>
public sealed record EmbeddingTable
{
    /// <summary>The table's name in the dashboard, its addresses and the terminal; a slug that is unique, such as <c>stories</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The schema, <c>public</c> by default.</summary>
    public string Schema { get; init; } = "public";

    /// <summary>The relation in <see cref="Schema"/>.</summary>
    public required string Table { get; init; }

    /// <summary>The pgvector column that a backfill writes.</summary>
    public required string Vector { get; init; }

    /// <summary>The text recipe: the parts, in order, that one row's text is made of.</summary>
    public required IReadOnlyList<RecipePart> Text { get; init; }

    /// <summary>The two tables of the app that this dashboard was made for.</summary>
    public static IReadOnlyList<EmbeddingTable> Defaults { get; } =
    [
        new()
        {
            Name = "stories", Table = "stories", Vector = "embedding",
            Text = [new("title"), new("content"), new("genre", "Genre"), new("tags", "Tags")],
        },
        new()
        {
            Name = "profiles", Table = "profiles", Vector = "preference_embedding",
            Text = [new("bio"), new("preferences")],
        },
    ];
}
