using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Runs;

/// <summary>Which rows a plan means, in words: the same in the record of a start, on the run's page and in a terminal.</summary>
public static class ScopeWords
{
    private const int MostOwner = 8;

    /// <summary>"edited since, owner 6f9619ff…, first 1,000". Keys are counted and not named, and an owner is cut.</summary>
    public static string Of(RunPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return string.Join(", ", new[] { Rows(plan), Owner(plan.Owner), plan.Limit is { } limit ? $"first {limit:N0}" : null, plan.Sample is { } sample ? $"{sample:N0} embedded again" : null }.OfType<string>());
    }

    /// <summary>A state in the word that stands behind a number: "12 edited since".</summary>
    public static string Of(CoverageState state) => state switch
    {
        CoverageState.Fresh => "up to date",
        CoverageState.StaleText => "edited since",
        CoverageState.StaleConfig => "from other settings",
        CoverageState.Unstamped => "of unknown origin",
        CoverageState.Invalid => "unusable",
        CoverageState.EmptySource => "nothing to embed",
        CoverageState.Missing => "missing",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    private static string Rows(RunPlan plan)
    {
        if (plan.Keys is { } keys)
            return keys.Count == 1 ? "1 row by key" : $"{keys.Count:N0} rows by key";
        if (plan.FailedIn is { } run)
            return plan.FailedAs is { } cause ? $"failed in run {run} ({string.Join(' ', new[] { Receipt.Name(cause.Outcome), cause.Stage, cause.Code }.OfType<string>())})" : $"failed in run {run}";
        var states = plan.Scope.Where(state => state != CoverageState.EmptySource).Distinct().ToList();
        if (states.Count == 0)
            return "every row";
        if (states is [CoverageState.Missing])
            return "only missing";
        return CoverageStates.Mendable.All(states.Contains) ? "missing and out of date" : string.Join(" and ", CoverageStates.Mendable.Where(states.Contains).Select(Of));
    }

    private static string? Owner(string? owner) => owner is null ? null : owner.Length <= MostOwner ? $"owner {owner}" : $"owner {owner[..MostOwner]}…";
}
