using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Privileges;

/// <summary>A table with configured columns: what is needed of it, and what the role may.</summary>
/// <param name="Targets">The configured columns of the one table; at least one.</param>
/// <param name="Rights">Where the role's rights come from.</param>
/// <param name="Facts">What the role may in the end, wherever it comes from.</param>
internal sealed record TableUse(IReadOnlyList<Target> Targets, TableRights Rights, RoleFacts Facts)
{
    public SqlName Relation => Targets[0].Relation;

    public string Name => $"{Targets[0].Table.Schema}.{Targets[0].Table.Table}";

    /// <summary>The columns that are read.</summary>
    public IReadOnlyList<string> Reads { get; } = [.. Targets.SelectMany(target => target.Reads).Distinct(StringComparer.Ordinal)];

    /// <summary>The columns that are written.</summary>
    public IReadOnlyList<string> Vectors { get; } = [.. Targets.Select(target => target.Table.Vector).Distinct(StringComparer.Ordinal)];

    /// <summary>The statement that lets a role read these columns.</summary>
    public string Select(IEnumerable<string> columns, SqlName role) => Grant("select", columns, role);

    /// <summary>The statement that lets a role write these columns.</summary>
    public string Update(IEnumerable<string> columns, SqlName role) => Grant("update", columns, role);

    private string Grant(string right, IEnumerable<string> columns, SqlName role) => $"grant {right} ({string.Join(", ", columns.Select(SqlName.Of))}) on {Relation} to {role};";
}
