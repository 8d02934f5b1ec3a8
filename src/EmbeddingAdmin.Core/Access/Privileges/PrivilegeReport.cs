namespace EmbeddingAdmin.Access.Privileges;

/// <summary>A right that is missing, or one too many.</summary>
/// <param name="Sentence">What it is, and what comes of it.</param>
/// <param name="Sql">The statements that settle it, to be copied and run by somebody who may; empty where no statement does.</param>
public sealed record PrivilegeNote(string Sentence, string Sql);

/// <summary>The rights of the connection's role, measured by what is needed. It tells what is granted; whether a write comes through is measured elsewhere.</summary>
/// <param name="Role">The role in use.</param>
/// <param name="Missing">What it lacks.</param>
/// <param name="Superfluous">What it has and needs not.</param>
/// <param name="Sql">The statements that make a role with exactly what is needed.</param>
public sealed record PrivilegeReport(string Role, IReadOnlyList<PrivilegeNote> Missing, IReadOnlyList<PrivilegeNote> Superfluous, string Sql)
{
    /// <summary>The configured tables that could not be looked at, with the reason's code; nothing is said of them.</summary>
    public IReadOnlyList<(string Table, string Code)> LeftOut { get; init; } = [];
}
