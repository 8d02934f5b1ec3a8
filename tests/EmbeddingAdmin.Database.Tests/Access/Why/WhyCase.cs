using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>A way in which an update comes to nothing, and what has to be said of it.</summary>
public sealed record WhyCase
{
    /// <summary>All of them, the silent ways first.</summary>
    public static IReadOnlyList<WhyCase> All { get; } = [.. PolicyCases.All, .. GrantCases.All, .. TableCases.All];

    /// <summary>The situation, as a sentence begins.</summary>
    public required string Name { get; init; }

    /// <summary>Who writes, by the slug; <c>connection-sql</c> is the role <c>writer</c>.</summary>
    public required string Who { get; init; }

    /// <summary>What makes it so.</summary>
    public required string Setup { get; init; }

    /// <summary>The three cells: sees, changes, sticks.</summary>
    public required string Cells { get; init; }

    /// <summary>The suspect that is the reason; null when there is none.</summary>
    public Suspect? Cause { get; init; }

    /// <summary>The code of the answer.</summary>
    public string? Code { get; init; }

    /// <summary>Words of the one sentence.</summary>
    public required string Says { get; init; }

    /// <summary>Words of the first cure's statements; null when there are none.</summary>
    public string? Cure { get; init; }

    /// <summary>Who writes after all, where the cure is another identity.</summary>
    public string? Instead { get; init; }

    /// <summary>A statement as that identity, and how many rows it changes or gives: what Postgres itself does here.</summary>
    public (string Sql, long Rows)? Shows { get; init; }

    /// <summary>Words that some step's details hold.</summary>
    public string? Detail { get; init; }

    /// <summary>The row that is tried.</summary>
    public string Key { get; init; } = "1";

    /// <summary>The relation that the settings name.</summary>
    public string Relation { get; init; } = "stories";

    public Identity Identity => Identity.Find(Who)!;
}
