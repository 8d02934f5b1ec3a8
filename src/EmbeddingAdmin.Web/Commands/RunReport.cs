using System.Text.Json.Serialization;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>A run as a script reads it.</summary>
internal sealed record RunReport(long Run, string Kind, string Table, string Status, string? Verdict, IReadOnlyDictionary<string, long> Receipt, long Tokens, double Seconds)
{
    /// <summary>What a verification found; left out for a run that writes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VerifyReport? Report { get; init; }

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

    /// <summary>What a verification found: the verdict, and a line for each check.</summary>
    public static string InWords(VerifyReport report) => string.Join('\n',
    [
        .. report.Verdict is { } verdict ? [verdict] : Array.Empty<string>(),
        .. report.Checks.Select(check => $"  {(check.Made ? $"{check.Count:N0}" : "–"),7} {check.Known.Title} ({check.Code}){Rest(check)}"),
        .. report.Notes,
    ]);

    private static string Rest(VerifyFinding check) =>
        !check.Made ? ", not looked for" : check.Count == 0 ? "" : $", such as row {check.Examples[0]}. {check.Fix}";

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
