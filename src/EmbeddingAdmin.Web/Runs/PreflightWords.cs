using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>The steps of the preflight in the words that an operator uses.</summary>
public static class PreflightWords
{
    /// <summary>The step that an event of that kind keeps.</summary>
    public static string Of(string kind) => PreflightFinding.StepOf(kind) switch
    {
        PreflightStep.Keys => "Keys",
        PreflightStep.Connection => "Connection",
        PreflightStep.Role => "Role",
        PreflightStep.Table => "Table",
        PreflightStep.Privileges => "Privileges",
        PreflightStep.Neighbours => "What it sets off",
        PreflightStep.Canary => "Test update",
        PreflightStep.Api => "Second opinion",
        PreflightStep.Disk => "Disk",
        PreflightStep.Provider => "Provider",
        PreflightStep.Confirmed => "Confirmed",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
