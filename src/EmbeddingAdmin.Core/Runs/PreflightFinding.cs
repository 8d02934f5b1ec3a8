namespace EmbeddingAdmin.Runs;

/// <summary>What is looked at before a run is made, in this order. Whatever refuses first is said, and nothing after it is looked at.</summary>
public enum PreflightStep
{
    /// <summary>The form of the configured keys.</summary>
    Keys,

    /// <summary>The way to the server, and the server.</summary>
    Connection,

    /// <summary>Who the connection is to row-level security.</summary>
    Role,

    /// <summary>The table, its key and its vector.</summary>
    Table,

    /// <summary>What the role is granted, column by column.</summary>
    Privileges,

    /// <summary>What else an update sets off.</summary>
    Neighbours,

    /// <summary>An update of one row that is rolled back.</summary>
    Canary,

    /// <summary>What the project's API says of the keys.</summary>
    Api,

    /// <summary>The room that the vectors will take, the indexes and the replicas.</summary>
    Disk,

    /// <summary>Whether the provider makes vectors for the column.</summary>
    Provider,

    /// <summary>What was shown before the start.</summary>
    Confirmed,
}

/// <summary>What was found in one step of the preflight.</summary>
/// <param name="Step">The step.</param>
/// <param name="Sentence">What was found, in words; never any row's text and no secret.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/> for what is worth a warning, else null. What refuses a start is thrown.</param>
public sealed record PreflightFinding(PreflightStep Step, string Sentence, string? Code = null)
{
    /// <summary>What the kinds of these events begin with.</summary>
    public const string Kinds = "preflight.";

    /// <summary>The kind of the event that keeps it.</summary>
    public string Kind => $"{Kinds}{Run.Name(Step)}";

    /// <summary>The step of an event of that kind; null when it is none of the preflight's.</summary>
    public static PreflightStep? StepOf(string kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return kind.StartsWith(Kinds, StringComparison.Ordinal) && Enum.TryParse<PreflightStep>(kind[Kinds.Length..], ignoreCase: true, out var step) ? step : null;
    }
}

/// <summary>What a preflight came to that refused nothing.</summary>
/// <param name="Plan">The plan, with what was learned of the provider and of what the updates set off.</param>
/// <param name="Findings">What was found, in order.</param>
public sealed record PreflightPass(RunPlan Plan, IReadOnlyList<PreflightFinding> Findings);
