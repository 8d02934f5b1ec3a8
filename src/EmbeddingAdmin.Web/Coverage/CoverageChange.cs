using EmbeddingAdmin.Coverage;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>What the app changed since the last backfill.</summary>
/// <param name="Run">The run.</param>
/// <param name="At">When was counted what it left behind.</param>
/// <param name="Words">What happened since, to stand in front of "since run 12".</param>
public sealed record CoverageChange(long Run, DateTimeOffset At, string Words)
{
    /// <summary>What has come since a snapshot; null when nothing has, or nobody can tell.</summary>
    public static CoverageChange? Since(CoverageSnapshot? then, TableCoverage now)
    {
        ArgumentNullException.ThrowIfNull(now);
        if (then?.Run is not { } run)
            return null;
        var words = new[] { Words("became missing", "became missing", CoverageState.Missing), Words("was edited", "were edited", CoverageState.StaleText) }.OfType<string>().ToList();
        return words.Count == 0 ? null : new(run, then.At, string.Join(" and ", words));

        string? Words(string one, string many, CoverageState state) =>
            // A scan that was begun before the run had ended says nothing of what came after.
            now.Figures[state] is { } figure && figure.AsOf > then.At && figure.Rows - then.States[state] is > 0 and var more
                ? $"{TableNoun.Of(now.Table, more, figure.IsExact)} {(more == 1 ? one : many)}" : null;
    }
}
