using System.CommandLine;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Coverage;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>coverage</c>: how much of the tables is embedded, counted now.</summary>
internal static class CoverageCommand
{
    // In the order in which a script reads them; the engine tests them in another.
    private static readonly CoverageState[] States = Enum.GetValues<CoverageState>();

    public static Command Create(CommandLine line)
    {
        var tables = Verb.Tables();
        var examine = new Option<bool>("--examine") { Description = "Examine the vectors of large tables to the end before answering." };
        return new Command("coverage", "Count how much of the tables is embedded.") { tables, examine }
            .Does(line, async (terminal, parsed) =>
            {
                var covered = new List<TableCoverage>();
                foreach (var table in terminal.Get<TableCatalog>().Named(parsed.GetValue(tables)))
                    covered.Add(await ReadAsync(terminal, table, parsed.GetValue(examine)));
                terminal.Answer.Give(covered.Select(Report).ToArray(), string.Join('\n', covered.Select(Words)));
                return 0;
            });
    }

    private static async Task<TableCoverage> ReadAsync(Terminal terminal, EmbeddingTable table, bool examine)
    {
        var reader = terminal.Get<CoverageReader>();
        var coverage = await reader.ReadAsync(table, TimeSpan.Zero, terminal.Signals.Any);
        // Somebody else's scan is waited for; one that dies is taken over.
        while (examine && coverage.ScanDue)
        {
            if (!await terminal.Get<CoverageScan>().RunAsync(await terminal.Get<TableCatalog>().ResolveAsync(table, terminal.Signals.Any), ripe: true, terminal.Signals.Any))
                await Task.Delay(TimeSpan.FromSeconds(1), terminal.Get<TimeProvider>(), terminal.Signals.Any);
            coverage = await reader.ReadAsync(table, TimeSpan.Zero, terminal.Signals.Any);
        }

        return coverage;
    }

    private static object Report(TableCoverage coverage) => new
    {
        coverage.Table,
        coverage.Column,
        coverage.Total,
        States = States.ToDictionary(Run.Name, state => coverage[state], StringComparer.Ordinal),
        coverage.Embedded,
        coverage.AsOf,
        coverage.Exact,
        Examined = coverage.Figures.Values.FirstOrDefault(figure => figure?.Basis == Basis.Scanned) is { } scanned ? new { From = scanned.AsOf, scanned.Until } : null,
    };

    private static string Words(TableCoverage coverage)
    {
        var states = string.Join(", ", States.Select(state => $"{Run.Name(state)} {(coverage[state] is { } rows ? rows.ToString("N0") : "not computed")}"));
        return $"{coverage.Table}.{coverage.Column}: {CoverageLook.Headline(coverage)} {CoverageLook.HeadlineLabel(coverage)}, {coverage.Embedded:N0} of {coverage.Total:N0} rows ({states}), as of {coverage.AsOf.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
    }
}
