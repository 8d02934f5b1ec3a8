using System.Globalization;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// <c>crash [--seeds N] [--from N] [--seed N] [--parallel N]</c>: runs with faults at random points, and the oracle after each. It prints a line for each seed and
/// a summary, and ends with 1 when anything was lost.
/// </summary>
public static class CrashProgram
{
    public const string Verb = "crash";

    internal static async Task<int> RunAsync(string[] args, CancellationToken cancel)
    {
        var plans = Option(args, "--seed", -1) is >= 0 and var one ? [CrashPlan.Of(one)]
            : Enumerable.Range(Option(args, "--from", 1), Option(args, "--seeds", 20)).Select(CrashPlan.Of).ToArray();
        var began = TimeProvider.System.GetTimestamp();
        var results = await RunAsync(plans, Option(args, "--parallel", 2 * Environment.ProcessorCount), result => Tell(result, keep: plans.Length == 1), cancel);
        Console.WriteLine();
        Console.WriteLine(Summary(results, TimeProvider.System.GetElapsedTime(began)));
        return results.Any(result => result.Violations.Count > 0) ? 1 : 0;
    }

    /// <summary>Tries the plans, some side by side, each series on a server of its own.</summary>
    public static async Task<IReadOnlyList<SeedResult>> RunAsync(IEnumerable<CrashPlan> plans, int parallel, Action<SeedResult> told, CancellationToken cancel)
    {
        var waiting = new Queue<CrashPlan>(plans);
        var results = new List<SeedResult>();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(parallel, waiting.Count)).Select(_ => Task.Run(SeriesAsync, cancel)));
        return results;

        async Task SeriesAsync()
        {
            await using var postgres = await CrashPostgres.StartAsync(cancel);
            while (Next() is { } plan)
            {
                var result = await CrashSeed.RunAsync(postgres, plan, cancel);
                lock (waiting)
                {
                    results.Add(result);
                    told(result);
                }
            }
        }

        CrashPlan? Next()
        {
            lock (waiting)
                return waiting.TryDequeue(out var plan) ? plan : null;
        }
    }

    private static void Tell(SeedResult result, bool keep)
    {
        Console.WriteLine(Line(result));
        if (!keep && result.Violations.Count == 0)
            return;
        var story = Path.Combine(Checkout.Root, $".localstack/crash/seed-{result.Plan.Seed}.txt");
        File.WriteAllText(story, result.Story);
        Console.WriteLine($"     its story is in {story}");
    }

    /// <summary>The line of a seed, with what was wrong.</summary>
    public static string Line(SeedResult result)
    {
        var plan = result.Plan;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"seed {plan.Seed,4}  {(result.Violations.Count == 0 ? "ok  " : "LOST")}  {plan.Rows,4} rows by {plan.PageSize,2}, {plan.Workers} workers{(plan.AppChanges > 0 ? $", the app changes {plan.AppChanges}" : "")}: {string.Join("; ", result.Happened)} | taken {result.Figures.Taken}×, sent again {result.Figures.SentAgain}, time passed {result.Figures.TimePassed}×, {result.Figures.Took.TotalSeconds:0.0} s");
        return string.Join("\n     ", [line, .. result.Violations.Take(10)]);
    }

    private static string Summary(IReadOnlyList<SeedResult> results, TimeSpan took)
    {
        var lost = results.Where(result => result.Violations.Count > 0).Select(result => result.Plan.Seed).Order().ToArray();
        var kinds = results.SelectMany(result => result.Plan.Faults).CountBy(fault => fault.Kind).OrderBy(kind => kind.Key);
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            {results.Count} seeds in {took.TotalMinutes:0.0} min: {(lost.Length == 0 ? "nothing lost" : $"LOST in {string.Join(", ", lost)} (replay one with --seed {lost[0]})")}
            faults: {string.Join(", ", kinds.Select(kind => $"{kind.Key} {kind.Value}"))}
            rows: {results.Sum(result => result.Figures.Rows)}; texts sent again: {results.Sum(result => result.Figures.SentAgain)}
            runs were taken {results.Sum(result => result.Figures.Taken)} times, always by themselves; a lease's end was set instead of waited for {results.Sum(result => result.Figures.TimePassed)} times
            longest seed: {results.Select(result => result.Figures.Took).DefaultIfEmpty().Max().TotalSeconds:0.0} s
            """);
    }

    /// <summary>The number behind an option.</summary>
    internal static int Option(string[] args, string name, int otherwise)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? otherwise : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }
}
