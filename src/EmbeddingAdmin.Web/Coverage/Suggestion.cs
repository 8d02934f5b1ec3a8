using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>Something that would be good to do, and why.</summary>
/// <param name="Reason">Why, as a sentence.</param>
/// <param name="Action">What the button says that leads to it.</param>
/// <param name="Choice">What the start panel opens with; null for a verification, which has nothing to choose.</param>
/// <param name="At">The moment of which the reason speaks.</param>
public sealed record Suggestion(string Reason, string Action, StartChoice? Choice, DateTimeOffset At);

/// <summary>What is suggested for a table.</summary>
public static class Suggestions
{
    /// <summary>More than so many would be a list of duties, and no help.</summary>
    public const int Most = 3;

    // First the rows that no search finds, then those that it finds for what they are not.
    private static readonly CoverageState[] ByImportance = [CoverageState.Missing, CoverageState.Invalid, CoverageState.StaleConfig, CoverageState.StaleText, CoverageState.Unstamped];

    /// <summary>What is suggested, the most important first; nothing while a run writes the column.</summary>
    /// <param name="coverage">The table's coverage.</param>
    /// <param name="runs">Its newest runs.</param>
    public static IReadOnlyList<Suggestion> For(TableCoverage coverage, IReadOnlyList<RunSnapshot> runs)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Any(snapshot => snapshot.Run.Writes && snapshot.Run.Status.IsActive()))
            return [];
        var some = ByImportance.Where(state => coverage[state] > 0).Select(state => Of(coverage, state)).ToList();
        if (Unverified(coverage, runs) is { } verify)
            some.Add(verify);
        return [.. some.Take(Most)];
    }

    private static Suggestion Of(TableCoverage coverage, CoverageState state)
    {
        var figure = coverage.Figures[state]!;
        var choice = state == CoverageState.Missing ? new StartChoice() : new StartChoice { Quick = QuickChoice.Choose, By = ChooseBy.State, States = [state] };
        return new(Reason(coverage.Table, state, figure), state == CoverageState.Missing ? "Embed these …" : "Embed again …", choice, figure.AsOf);
    }

    private static string Reason(string table, CoverageState state, EmbeddingAdmin.Coverage.Figure figure)
    {
        var one = figure.Rows == 1;
        var rows = TableNoun.Of(table, figure.Rows, figure.IsExact);
        var vectors = $"{(figure.IsExact ? "" : "≈ ")}{Amount.Of(figure.Rows)} {(one ? "vector" : "vectors")}";
        return state switch
        {
            CoverageState.Missing => $"{rows} {(one ? "has" : "have")} text and no vector.",
            CoverageState.Invalid => $"{vectors} can be found by no search (zero, or of the wrong length).",
            CoverageState.StaleConfig => $"{vectors} {(one ? "is" : "are")} from other settings (another model, length or text).",
            CoverageState.StaleText => one ? $"{rows} was edited since it was embedded." : $"{rows} were edited since they were embedded.",
            CoverageState.Unstamped => $"{vectors} {(one ? "is" : "are")} of unknown origin: no run of this dashboard wrote {(one ? "it" : "them")}, or somebody replaced {(one ? "it" : "them")}.",
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
        };
    }

    /// <summary>A verification, when none has begun since vectors were written last.</summary>
    private static Suggestion? Unverified(TableCoverage coverage, IReadOnlyList<RunSnapshot> runs)
    {
        var wrote = runs.Where(snapshot => snapshot.Run.Writes && snapshot.Run.EndedAt is not null && snapshot.Receipt[RowOutcome.Written] > 0).MaxBy(snapshot => snapshot.Run.EndedAt);
        if (coverage.Embedded == 0 || wrote?.Run is not { } run)
            return null;
        return runs.Any(snapshot => !snapshot.Run.Writes && (snapshot.Run.Status == RunStatus.Succeeded || snapshot.Run.Status.IsActive()) && snapshot.Run.CreatedAt >= run.EndedAt)
            ? null
            : new($"Nothing was verified since run {run.Id} wrote.", "Verify now", null, run.EndedAt!.Value);
    }
}
