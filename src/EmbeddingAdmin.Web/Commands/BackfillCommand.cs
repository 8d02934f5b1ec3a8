using System.CommandLine;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>backfill stories</c>: makes the vectors that are missing, and reads each of them back.</summary>
internal static class BackfillCommand
{
    public static Command Create(CommandLine line)
    {
        var table = Verb.Table();
        var rows = new ScopeOptions();
        var count = new Option<bool>("--count") { Description = "Say how many rows are in scope and what else their updates set off, and start nothing." };
        var accept = new Option<bool>("--accept-neighbours") { Description = "Start although an update sets off more than itself: triggers, rules, publications, webhooks, indexes. They are listed first." };
        var verb = new Command("backfill", "Make the vectors that are missing, here in this process. Ctrl-C pauses the run.") { table, count, accept };
        rows.AddTo(verb);
        return verb.Does(line, async (terminal, parsed) =>
        {
            var request = await rows.RequestAsync(parsed, parsed.GetRequiredValue(table), terminal.Signals.Any);
            if (parsed.GetValue(count))
                return await CountAsync(terminal, request);
            var planner = terminal.Get<StartPlanner>();
            var (inScope, neighbours) = await planner.CountAsync(await planner.PlanAsync(request, terminal.Signals.Any), terminal.Signals.Any);
            await Console.Error.WriteLineAsync(inScope is { } counted ? Words(counted) : "The rows in scope were not counted: the table is busy.");
            if (!parsed.GetValue(accept))
                return await terminal.RunAsync(request);
            await ListAsync(neighbours);
            return await terminal.RunAsync(request with { Accepts = neighbours.Fingerprint });
        });
    }

    private static async Task<int> CountAsync(Terminal terminal, StartRequest request)
    {
        var preview = await terminal.Get<RunControl>().PreviewAsync(request, terminal.Signals.Any);
        await ListAsync(preview.Neighbours);
        if (preview.Indexes is { } advice)
            await Console.Error.WriteLineAsync(advice.Saves is null ? advice.Sentence : $"{advice.Sentence}\nBefore: {advice.Drop}\nAfter: {advice.Make}");
        terminal.Answer.Give(
            new { request.Table, preview.Rows, preview.RowsWithText, preview.AsOf },
            $"{Words(preview.Rows)} {preview.RowsWithText:N0} with text, as of {preview.AsOf.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC. Nothing was started.");
        return 0;
    }

    private static async Task ListAsync(WriteNeighbours neighbours)
    {
        foreach (var neighbour in neighbours.All)
            await Console.Error.WriteLineAsync(neighbour.Sentence);
    }

    private static string Words(long rows) => rows == 1 ? "1 row in scope." : $"{rows:N0} rows in scope.";
}
