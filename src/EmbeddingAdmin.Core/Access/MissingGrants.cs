using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access;

/// <summary>What a role is not granted of what a run needs.</summary>
/// <param name="Schemas">The schemas that it may not use: the table's, or the one that the vector's type stands in.</param>
/// <param name="Selects">The columns that it may not select.</param>
/// <param name="Updates">The columns that it may not update.</param>
public sealed record MissingGrants(IReadOnlyList<string> Schemas, IReadOnlyList<string> Selects, IReadOnlyList<string> Updates)
{
    /// <summary>Whether nothing is missing.</summary>
    public bool None => Schemas.Count + Selects.Count + Updates.Count == 0;

    /// <summary>The columns that a run reads: the key, the vector, and whatever the text and the filter are made from.</summary>
    public static IReadOnlyList<string> Read(Target target, bool byOwner)
    {
        ArgumentNullException.ThrowIfNull(target);
        string[] all = [target.KeyName, target.Table.Vector, .. target.Text.Columns, .. RowFilter.Columns(target.Table.Filter), .. byOwner && target.Table.Owner is { } owner ? [owner] : Array.Empty<string>()];
        return [.. all.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Compares what is granted with what is needed.</summary>
    /// <param name="role">What the catalog says of the role.</param>
    /// <param name="target">The table.</param>
    /// <param name="reads">The columns that are read.</param>
    /// <param name="writes">Whether the vector is written, too.</param>
    public static MissingGrants Of(RoleFacts role, Target target, IReadOnlyList<string> reads, bool writes)
    {
        ArgumentNullException.ThrowIfNull(role);
        ArgumentNullException.ThrowIfNull(target);
        return new(
            Unused(role, target.Table.Schema, target.Facts.VectorSchema),
            [.. reads.Except(role.Selects, StringComparer.Ordinal)],
            writes && !role.Updates.Contains(target.Table.Vector, StringComparer.Ordinal) ? [target.Table.Vector] : []);
    }

    /// <summary>What is missing, in words.</summary>
    public string InWords => string.Join(" and ", new[]
    {
        InSchemas,
        Selects.Count == 0 ? null : $"SELECT of {string.Join(", ", Selects)}",
        Updates.Count == 0 ? null : $"UPDATE of {string.Join(", ", Updates)}",
    }.OfType<string>());

    /// <summary>The same, with the table's name.</summary>
    public string On(string table) => Selects.Count + Updates.Count == 0 ? InWords : $"{InWords} on {table}";

    /// <summary>The statements that grant it, and nothing else.</summary>
    public string Statement(Target target, string role)
    {
        ArgumentNullException.ThrowIfNull(target);
        var rights = string.Join(", ", new[] { Columns("select", Selects), Columns("update", Updates) }.OfType<string>());
        return string.Join(' ', new[]
        {
            Schemas.Count == 0 ? null : $"grant usage on schema {string.Join(", ", Schemas.Select(schema => SqlName.Of(schema)))} to {SqlName.Of(role)};",
            rights.Length == 0 ? null : $"grant {rights} on {target.Relation} to {SqlName.Of(role)};",
        }.OfType<string>());
    }

    /// <summary>Of the table's schema and the vector type's, those that the role may not use.</summary>
    internal static IReadOnlyList<string> Unused(RoleFacts role, string schema, string? vectorSchema) =>
        [.. new[] { role.UsesSchema ? null : schema, role.UsesVectorSchema ? null : vectorSchema }.OfType<string>().Distinct(StringComparer.Ordinal)];

    private string? InSchemas => Schemas.Count == 0 ? null : $"USAGE of the schema {string.Join(", ", Schemas)}";

    private static string? Columns(string right, IReadOnlyList<string> columns) => columns.Count == 0 ? null : $"{right} ({string.Join(", ", columns.Select(column => SqlName.Of(column)))})";
}
