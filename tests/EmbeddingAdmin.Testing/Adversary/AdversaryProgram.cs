using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Crash;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Testing.Adversary;

/// <summary>
/// <c>adversary [--seeds N] [--from N] [--seed N] [--parallel N]</c>: runs against a table whose owner puts obstacles in their way. It prints a line for each
/// seed and a summary, and ends with 1 when anything was called written that SQL denies.
/// </summary>
public static class AdversaryProgram
{
    public const string Verb = "adversary";

    internal static async Task<int> RunAsync(string[] args, CancellationToken cancel)
    {
        var one = CrashProgram.Option(args, "--seed", -1);
        var seeds = one >= 0 ? [one] : Enumerable.Range(CrashProgram.Option(args, "--from", 1), CrashProgram.Option(args, "--seeds", 50));
        await using var postgres = await TestPostgres.StartAsync(cancel);
        var began = TimeProvider.System.GetTimestamp();
        var results = await RunAsync(postgres, seeds.Select(AdversaryPlan.Of), CrashProgram.Option(args, "--parallel", 2 * Environment.ProcessorCount), result =>
        {
            Console.WriteLine(Line(result));
            if (one >= 0)
                Console.WriteLine(string.Join('\n', result.Story));
        }, cancel);
        var lies = results.Where(result => result.Violations.Count > 0).Select(result => result.Plan.Seed).Order().ToArray();
        Console.WriteLine(
            $"""

            {results.Count} seeds in {TimeProvider.System.GetElapsedTime(began).TotalMinutes:0.0} min: {(lies.Length == 0 ? "nothing was called written that SQL denies" : $"LIES in {string.Join(", ", lies)} (replay one with --seed {lies[0]})")}
            starts refused: {results.Sum(result => result.Refused)}; runs stood: {string.Join(", ", Enum.GetValues<RunStatus>().Select(status => (Status: status, Times: results.Sum(result => result.Stood.GetValueOrDefault(status)))).Where(stood => stood.Times > 0).Select(stood => $"{stood.Status.Name()} {stood.Times}"))}
            rows: {Words(results.Aggregate(Receipt.Empty, (sum, result) => sum + result.Receipt))}
            """);
        return lies.Length == 0 ? 0 : 1;
    }

    /// <summary>Tries the plans, some side by side.</summary>
    public static async Task<IReadOnlyList<AdversaryResult>> RunAsync(TestPostgres postgres, IEnumerable<AdversaryPlan> plans, int parallel, Action<AdversaryResult> told, CancellationToken cancel)
    {
        var results = new List<AdversaryResult>();
        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancel }, async (plan, token) =>
        {
            var result = await AdversarySeed.RunAsync(postgres, plan, token);
            lock (results)
            {
                results.Add(result);
                told(result);
            }
        });
        return results;
    }

    /// <summary>The line of a seed, with what was wrong.</summary>
    public static string Line(AdversaryResult result) => string.Join(
        "\n     ",
        [
            $"seed {result.Plan.Seed,4}  {(result.Violations.Count == 0 ? "ok " : "LIE")}  {result.Plan.Rows} rows by {result.Plan.PageSize} as {Run.Name(result.Plan.Writer)}: {result.Refused} starts refused; {string.Join(", ", result.Stood.Select(stood => $"{stood.Key.Name()} {stood.Value}×"))} | {Words(result.Receipt)}",
            .. result.Violations.Take(10),
        ]);

    private static string Words(Receipt receipt) =>
        string.Join(", ", Receipt.Outcomes.Where(outcome => receipt[outcome] != 0).Select(outcome => $"{Receipt.Name(outcome)} {receipt[outcome]}"));
}
