using System.CommandLine;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>verify stories</c>: reads every row again and compares it with what is claimed of it.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommandLine line)
    {
        var table = Verb.Table();
        var limit = new Option<long?>("--limit") { Description = "At most so many rows.", HelpName = "rows" };
        var sample = new Option<int?>("--sample") { Description = "Embed the texts of so many rows again and compare the vectors; the provider charges for them.", HelpName = "rows" };
        return new Command("verify", "Read every row again and compare it with what is claimed of it. Ctrl-C pauses the run.") { table, limit, sample }
            .Does(line, (terminal, parsed) => terminal.RunAsync(new StartRequest(RunKind.Verify, parsed.GetRequiredValue(table)) { Limit = parsed.GetValue(limit), Sample = parsed.GetValue(sample) }));
    }
}
