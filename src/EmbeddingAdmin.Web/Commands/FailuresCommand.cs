using System.CommandLine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>failures 42</c>: why rows of a run were not written, by cause; with <c>--csv</c> every row.</summary>
internal static class FailuresCommand
{
    public static Command Create(CommandLine line)
    {
        var id = new Argument<long>("run") { Description = "The run's number." };
        var csv = new Option<bool>("--csv") { Description = "Every row as a line of CSV, safe to open in a spreadsheet." };
        var verb = new Command("failures", "List what failed in a run, or what a verification found, by cause.") { id, csv };
        verb.Validators.Add(typed =>
        {
            if (typed.GetValue(csv) && typed.GetValue(Verb.Json))
                typed.AddError("--csv and --json contradict each other.");
        });
        return verb.Does(line, async (terminal, parsed) =>
        {
            var (number, cancel, failures) = (parsed.GetRequiredValue(id), terminal.Signals.Any, terminal.Get<Failures>());
            if (await terminal.Get<RunStore>().FindAsync(number, cancel) is not { } run)
                return terminal.Answer.Fail(new Failure(ErrorCodes.RunMissing, $"There is no run {number}. Nothing was read.", ExitCodes.Usage));
            if (parsed.GetValue(csv))
            {
                await using var output = Console.OpenStandardOutput();
                await FailuresCsv.WriteAsync(failures.AllAsync(run.Id, cancel), output, cancel);
                return 0;
            }

            var groups = (await failures.GroupsAsync(run.Id, cancel)).Where(group => group.IsFailure).ToList();
            terminal.Answer.Give(
                new { Run = run.Id, Kind = Run.Name(run.Kind), run.Table, Rows = groups.Sum(group => group.Rows), Causes = groups.Select(group => Report(run.Kind, group)), RetriedBy = await failures.RetriesAsync(run.Id, cancel) },
                groups.Count == 0 ? $"Run {run.Id} has no failures." : string.Join('\n', groups.Select(group => Words(run.Kind, group))));
            return 0;
        });
    }

    private static object Report(RunKind kind, FailureGroup group) => new
    {
        Outcome = Run.Name(group.Cause.Outcome),
        group.Cause.Stage,
        group.Cause.Code,
        group.Rows,
        Attempts = group.MostTries,
        Example = new { group.Example.Key, group.Example.Message },
        FailureWords.Of(kind, group.Cause).Cure,
    };

    private static string Words(RunKind kind, FailureGroup group)
    {
        var word = FailureWords.Of(kind, group.Cause);
        return $"{group.Rows:N0} {OutcomeWords.Of(kind, group.Cause.Outcome).Word}{(group.Cause.Code is { } code ? $" ({code})" : "")}: {group.Example.Message ?? word.Meaning} Such as row {group.Example.Key}.\n  {word.Cure}";
    }
}
