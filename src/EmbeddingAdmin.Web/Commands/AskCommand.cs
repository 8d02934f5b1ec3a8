using System.CommandLine;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>pause 42</c>, <c>resume 42</c>, <c>cancel 42</c>, <c>retry 42</c>, <c>force 42</c>: asks something of a run, whoever drives it.</summary>
internal static class AskCommand
{
    public static Command Create(CommandLine line, RunAction action, string description)
    {
        var id = new Argument<long>("run") { Description = "The run's number." };
        return new Command(Run.Name(action), description) { id }
            .Does(line, async (terminal, parsed) =>
            {
                var result = await terminal.Get<RunControl>().AskAsync(parsed.GetRequiredValue(id), action, seen: null, terminal.Actor, terminal.Signals.Any);
                if (result is not { Done: true, Run: { } run })
                    return terminal.Answer.Fail(new Failure(result.Run is null ? ErrorCodes.RunMissing : ErrorCodes.RunState, result.Sentence, ExitCodes.Usage), result.Run?.Id);
                var sentence = result.Sentence;
                if (run.Status == RunStatus.Enqueued && !await terminal.Get<Instances>().DriveAsync(terminal.Signals.Any))
                    sentence = $"Run {run.Id} is enqueued. No worker is up to drive it; it goes on when one is started.";
                terminal.Answer.Give(new { run = run.Id, status = run.Status.Name(), message = sentence }, sentence);
                return 0;
            });
    }
}
