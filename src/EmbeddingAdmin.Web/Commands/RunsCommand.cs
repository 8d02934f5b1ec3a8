using System.CommandLine;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>runs</c>: the newest runs first.</summary>
internal static class RunsCommand
{
    public static Command Create(CommandLine line)
    {
        var table = new Argument<string?>("table") { Description = "Only of this table.", Arity = ArgumentArity.ZeroOrOne };
        var limit = new Option<int>("--limit") { Description = "At most so many runs.", HelpName = "runs", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--limit takes 1 or more.");
        });
        return new Command("runs", "List the runs, the newest first.") { table, limit }
            .Does(line, async (terminal, parsed) =>
            {
                var runs = await terminal.Get<RunStore>().NewestAsync(parsed.GetValue(table), parsed.GetValue(limit), terminal.Signals.Any);
                terminal.Answer.Give(runs.Select(RunReport.Of).ToArray(), runs.Count == 0 ? "There are no runs." : string.Join('\n', runs.Select(RunReport.InWords)));
                return 0;
            });
    }
}
