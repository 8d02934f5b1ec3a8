using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access;

/// <summary>What a role is not granted of what a run needs.</summary>
/// <param name="Schema">The schema that it may not use; null when it may.</param>
/// <param name="Selects">The columns that it may not select.</param>
/// <param name="Updates">The columns that it may not update.</param>
public sealed record MissingGrants(string? Schema, IReadOnlyList<string> Selects, IReadOnlyList<string> Updates)
{
    /// <summary>Whether nothing is missing.</summary>
    public bool None => Schema is null && Selects.Count == 0 && Updates.Count == 0;

    /// <summary>The columns that a run reads: the key, the vector, and whatever the text and the filter are made from.</summary>
    public static IReadOnlyList<string> Read(Target target, bool byOwner)
    {
        ArgumentNullException.ThrowIfNull(target);
        string[] all = [target.KeyName, target.Table.Vector, .. target.Text.Columns, .. RowFilter.Columns(target.Table), .. byOwner && target.Table.Owner is { } owner ? [owner] : Array.Empty<string>()];
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
            role.UsesSchema ? null : target.Table.Schema,
            [.. reads.Except(role.Selects, StringComparer.Ordinal)],
            writes && !role.Updates.Contains(target.Table.Vector, StringComparer.Ordinal) ? [target.Table.Vector] : []);
    }

    /// <summary>What is missing, in words.</summary>
    public string InWords => string.Join(" and ", new[]
    {
        Schema is null ? null : $"USAGE of the schema {Schema}",
        Selects.Count == 0 ? null : $"SELECT of {string.Join(", ", Selects)}",
        Updates.Count == 0 ? null : $"UPDATE of {string.Join(", ", Updates)}",
    }.OfType<string>());

    /// <summary>The statements that grant it, and nothing else.</summary>
    public string Statement(Target target, string role)
    {
        ArgumentNullException.ThrowIfNull(target);
        var rights = string.Join(", ", new[] { Columns("select", Selects), Columns("update", Updates) }.OfType<string>());
        return string.Join(' ', new[]
        {
            Schema is null ? null : $"grant usage on schema {SqlName.Of(Schema)} to {SqlName.Of(role)};",
            rights.Length == 0 ? null : $"grant {rights} on {target.Relation} to {SqlName.Of(role)};",
        }.OfType<string>());
    }

    private static string? Columns(string right, IReadOnlyList<string> columns) => columns.Count == 0 ? null : $"{right} ({string.Join(", ", columns.Select(column => SqlName.Of(column)))})";
}
