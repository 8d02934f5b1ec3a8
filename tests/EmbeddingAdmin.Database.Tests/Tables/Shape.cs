namespace EmbeddingAdmin.Database.Tests.Tables;

/// <summary>A table of another shape than the demo's, and what has to come of it.</summary>
/// <param name="Name">Names it in the report.</param>
/// <param name="Sql">Makes it; <c>@ext</c> stands for the extension's schema.</param>
/// <param name="Column">Its column as <c>schema.table.column</c>, with quoted parts where they need it.</param>
/// <param name="Proposed">The recipe that has to be proposed; null when none can be.</param>
/// <param name="Texts">Each row in the filter by its key, and the text that it has to become; empty when there is nothing to embed.</param>
public sealed record Shape(string Name, string Sql, string Column, string? Proposed, params (string Key, string Text)[] Texts)
{
    /// <summary>Where the extension is: <c>extensions</c>, <c>public</c>, or a schema that is on nobody's search path.</summary>
    public string Extension { get; init; } = "extensions";

    /// <summary>The recipe that is confirmed, where it is not the proposed one.</summary>
    public string? Recipe { get; init; }

    /// <summary>The filter that the settings name.</summary>
    public string? Filter { get; init; }

    /// <summary>The key that discovery has to name in the entry; null when it is the primary one.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the column keeps numbers in half precision.</summary>
    public bool Half { get; init; }

    /// <summary>Whether the column has no size of its own.</summary>
    public bool WithoutSize { get; init; }

    /// <summary>Whether an update sets off more than itself, which is agreed to.</summary>
    public bool SetsOff { get; init; }

    public override string ToString() => Name;
}
