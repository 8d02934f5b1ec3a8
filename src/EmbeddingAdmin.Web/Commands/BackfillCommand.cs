using System.CommandLine;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>backfill stories</c>: makes the vectors that are missing, and reads each of them back.</summary>
internal static class BackfillCommand
{
    private const string Missing = "missing";
    private const string Outdated = "outdated";

    public static Command Create(CommandLine line)
    {
        var table = Verb.Table();
        var limit = new Option<long?>("--limit") { Description = "At most so many rows.", HelpName = "rows" };
        var scope = new Option<string[]>("--scope")
        {
            Description = "missing: rows without a vector. outdated: rows whose vector was made from another text or by another model, is of unknown origin or of no use. May be given twice.",
            DefaultValueFactory = _ => [Missing],
        };
        scope.AcceptOnlyFromAmong(Missing, Outdated);
        return new Command("backfill", "Make the vectors that are missing, here in this process. Ctrl-C pauses the run.") { table, limit, scope }
            .Does(line, (terminal, parsed) => terminal.RunAsync(new StartRequest(RunKind.Backfill, parsed.GetRequiredValue(table))
            {
                Limit = parsed.GetValue(limit),
                Scope = [.. parsed.GetRequiredValue(scope).Distinct(StringComparer.Ordinal).SelectMany(States)],
            }));
    }

    private static IEnumerable<CoverageState> States(string scope) => scope is Missing ? [CoverageState.Missing] : CoverageStates.Mendable.Where(state => state != CoverageState.Missing);
}
