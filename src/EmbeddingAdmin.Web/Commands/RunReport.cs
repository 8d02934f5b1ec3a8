using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>A run as a script reads it.</summary>
internal sealed record RunReport(long Run, string Kind, string Table, string Status, string? Verdict, IReadOnlyDictionary<string, long> Receipt, long Tokens, double Seconds)
{
    public static RunReport Of(RunSnapshot snapshot) => new(
        snapshot.Run.Id,
        EmbeddingAdmin.Runs.Run.Name(snapshot.Run.Kind),
        snapshot.Run.Table,
        snapshot.Run.Status.Name(),
        snapshot.Run.Verdict is { } verdict ? EmbeddingAdmin.Runs.Run.Name(verdict) : null,
        snapshot.Receipt.ToDictionary(),
        snapshot.Progress.Tokens,
        Math.Round(snapshot.Progress.RunningSeconds, 1));

    /// <summary>The same in one line.</summary>
    public static string InWords(RunSnapshot snapshot)
    {
        var report = Of(snapshot);
        var rows = snapshot.Receipt.ToString() is { Length: > 0 } some ? some : "no rows";
        return $"Run {report.Run} ({report.Kind} of {report.Table}): {report.Status}{(report.Verdict is { } verdict ? $", {verdict}" : "")} · {rows} · {report.Tokens:N0} tokens · {report.Seconds:0.#} s";
    }

    /// <summary>What the shell is told of a run that nobody drives here any more.</summary>
    public static int ExitCodeOf(Run run) => run switch
    {
        { Status: RunStatus.Succeeded, Verdict: Writing.Verdict.Verified } => ExitCodes.Verified,
        { Status: RunStatus.Succeeded } => ExitCodes.NotVerified,
        { Status: RunStatus.Paused or RunStatus.Errored, ReasonCode: { } code } => Failure.ExitCodeOf(code),
        { Status: RunStatus.Errored } => ExitCodes.Internal,
        _ => ExitCodes.NotFinished,
    };
}
