namespace EmbeddingAdmin.Tables;

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

    /// <summary>The column by which rows are found again: unique, not null, uuid, int, bigint or text. Null takes the primary key.</summary>
    public string? Key { get; init; }

    /// <summary>The pgvector column that a backfill writes: <c>vector</c> or <c>halfvec</c>.</summary>
    public required string Vector { get; init; }

    /// <summary>The text recipe (<see cref="Text.TextRecipe"/>); null to confirm a proposed one in the dashboard.</summary>
    public string? Text { get; init; }

    /// <summary>The rows that count, in the API's notation (<see cref="RowFilter"/>), such as <c>status=eq.published</c>; null for all.</summary>
    public string? Filter { get; init; }

    /// <summary>The column that says whose a row is; null when nobody's.</summary>
    public string? Owner { get; init; }

    /// <summary>The column that says when a row was made; null when none does.</summary>
    public string? CreatedAt { get; init; }

    /// <summary>The model for this table, where it is another than that of <c>Embeddings:Model</c>.</summary>
    public string? Model { get; init; }

    /// <summary>Whether the rows' texts are hidden until an operator asks for them, which is recorded.</summary>
    public bool Private { get; init; } = true;

    /// <summary>The name under which stamps, runs and recipes know the column: <c>schema.table.column</c>; a part with a dot or a quote in it is quoted.</summary>
    public string ColumnName => string.Join('.', new[] { Schema, Table, Vector }.Select(part => part.AsSpan().ContainsAny('.', '"') ? SqlName.Of(part).ToString() : part));

    /// <summary>The two tables of the app that this dashboard was made for. Their texts are proposed from the columns that are there.</summary>
    public static IReadOnlyList<EmbeddingTable> Defaults { get; } =
    [
        new() { Name = "stories", Table = "stories", Vector = "embedding" },
        new() { Name = "profiles", Table = "profiles", Vector = "preference_embedding" },
    ];
}
