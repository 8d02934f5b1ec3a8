using System.Text.RegularExpressions;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>What keeps a run from working now: what it waits for and will go on by itself, or what it holds for until a person acts.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>, where the sentence does not name it.</param>
/// <param name="Sentence">Why, and what to do.</param>
/// <param name="Until">Until when, as far as that is known.</param>
/// <param name="GoesOn">Whether it goes on by itself.</param>
public sealed partial record RunHold(string? Code, string Sentence, DateTimeOffset? Until, bool GoesOn)
{
    /// <summary>What stands before the time.</summary>
    public string Prefix => GoesOn ? "Goes on at" : "May be asked again at";

    /// <summary>What stands there when the time has come.</summary>
    public string Past => GoesOn ? "Goes on any moment." : "May be asked again now: resume the run.";

    /// <summary>What keeps the run; null when nothing does, or a person who asked for it.</summary>
    public static RunHold? Of(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot switch
        {
            { Run.Status: RunStatus.Running, Progress: { Waiting: { Length: > 0 } waiting, WaitingUntil: var until } } => new(null, Steady(waiting, until), ToTheSecond(until), GoesOn: true),
            { Run: { Status: RunStatus.Paused, ReasonCode: { } code, Reason: { Length: > 0 } reason } } => new(code, reason, AskAgain.Read(reason), GoesOn: false),
            _ => null,
        };
    }

    // Seconds that are told anew each second would be read to somebody each second; where the end is known they are counted beside it.
    private static string Steady(string waiting, DateTimeOffset? until) => until is null ? waiting : SecondsLeft().Replace(waiting, "Waiting for ");

    private static DateTimeOffset? ToTheSecond(DateTimeOffset? until) =>
        until is { } exact ? DateTimeOffset.FromUnixTimeSeconds(exact.AddMilliseconds(500).ToUnixTimeSeconds()) : null;

    [GeneratedRegex("^Waiting \\d+ s for ", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SecondsLeft();
}
