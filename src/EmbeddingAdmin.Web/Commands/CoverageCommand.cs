using System.CommandLine;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>coverage</c>: how much of the tables is embedded, counted now.</summary>
internal static class CoverageCommand
{
    // In the order in which a script reads them; the engine tests them in another.
    private static readonly CoverageState[] States = Enum.GetValues<CoverageState>();

    public static Command Create(CommandLine line)
    {
        var tables = Verb.Tables();
        return new Command("coverage", "Count how much of the tables is embedded.") { tables }
            .Does(line, async (terminal, parsed) =>
            {
                var covered = new List<TableCoverage>();
                foreach (var table in terminal.Get<TableCatalog>().Named(parsed.GetValue(tables)))
                    covered.Add(await terminal.Get<CoverageReader>().ReadAsync(table, TimeSpan.Zero, terminal.Signals.Any));
                terminal.Answer.Give(covered.Select(Report).ToArray(), string.Join('\n', covered.Select(Words)));
                return 0;
            });
    }

    private static object Report(TableCoverage coverage) => new
    {
        coverage.Table,
        coverage.Column,
        coverage.Total,
        States = States.ToDictionary(Run.Name, state => coverage.States[state], StringComparer.Ordinal),
        coverage.Embedded,
        coverage.AsOf,
        coverage.Exact,
    };

    private static string Words(TableCoverage coverage)
    {
        var share = coverage.RowsHidden ? "no row is visible to this role"
            : coverage.Share is { } known ? $"{Math.Floor(known * 1000) / 10:0.#} % embedded"
            : "nothing to embed";
        var states = string.Join(", ", States.Select(state => $"{Run.Name(state)} {(coverage.States[state] is { } rows ? rows.ToString("N0") : "not computed")}"));
        return $"{coverage.Table}.{coverage.Column}: {share}, {coverage.Embedded:N0} of {coverage.Total:N0} rows ({states}), as of {coverage.AsOf.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
    }
}
