using System.Diagnostics;
using System.Globalization;
using EmbeddingAdmin.Testing.Surroundings;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// <c>race N</c>: two processes start a backfill of one table at the same moment, and then take the run that came of it at the same moment, N times.
/// One of them wins each time, and the loser is told which run it lost to.
/// </summary>
public static class Race
{
    public const string Verb = "race";

    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(30);

    private static readonly CrashPlan Plan = new()
    {
        Seed = 3, Rows = 40, BlankEvery = 0, PageSize = 20, RequestSize = 20, Latency = TimeSpan.Zero, Workers = 0, AppChanges = 0, UnstampedEvery = 0, Faults = [],
    };

    /// <summary>Lets them race.</summary>
    /// <returns>What happened, and what was wrong.</returns>
    public static async Task<(string Told, IReadOnlyList<string> Violations)> RunAsync(CrashPostgres postgres, int rounds, CancellationToken cancel)
    {
        await using var site = await CrashSite.MakeAsync(postgres, Plan, cancel);
        using var one = await Racer.StartAsync(site, cancel);
        using var two = await Racer.StartAsync(site, cancel);
        var violations = new List<string>();
        var firstWins = 0;
        for (var round = 1; round <= rounds; round++)
        {
            if (await RoundAsync(site, one, two, round, violations, cancel))
                firstWins++;
            // The next round needs something to do.
            await site.ScalarAsync<object>($"update {AppTable.Name} set embedding = null; truncate lab.arrival", cancel);
        }

        return ($"{rounds} rounds, one winner each; of the starts the first process won {firstWins}, the second {rounds - firstWins}", violations);
    }

    internal static async Task<int> RunAsync(string[] args, CancellationToken cancel)
    {
        await using var postgres = await CrashPostgres.StartAsync(cancel);
        var (told, violations) = await RunAsync(postgres, args is [var rounds, ..] ? int.Parse(rounds, CultureInfo.InvariantCulture) : 50, cancel);
        Console.WriteLine($"race: {told}");
        foreach (var violation in violations)
            Console.WriteLine($"  LOST {violation}");
        return violations.Count == 0 ? 0 : 1;
    }

    private static async Task<bool> RoundAsync(CrashSite site, Racer one, Racer two, int round, List<string> violations, CancellationToken cancel)
    {
        var starts = await AtOnceAsync(one, two, "start", "", cancel);
        var won = starts.Where(said => said.StartsWith(RacerProgram.Won, StringComparison.Ordinal)).ToArray();
        if (won.Length != 1)
        {
            violations.Add($"Round {round}: {won.Length} starts were won ({string.Join("; ", starts)}).");
            return false;
        }

        var run = long.Parse(won[0][RacerProgram.Won.Length..], CultureInfo.InvariantCulture);
        var loser = starts.Single(said => said != won[0]);
        if (!loser.StartsWith($"{RacerProgram.Lost}{ErrorCodes.ColumnHeld} Run {run} (", StringComparison.Ordinal))
            violations.Add($"Round {round}: the loser was told \"{loser}\", and not of run {run}.");
        var takes = await AtOnceAsync(one, two, "take", $" {run}", cancel);
        if (!takes.Order(StringComparer.Ordinal).SequenceEqual([$"{RacerProgram.Lost}somebody else was first", $"{RacerProgram.Won}Succeeded"], StringComparer.Ordinal))
            violations.Add($"Round {round}: of the takes came \"{string.Join("; ", takes)}\".");
        violations.AddRange((await NothingLost.DifferencesAtRestAsync(site, run, cancel)).Select(difference => $"Round {round}: {difference}"));
        return starts[0] == won[0];
    }

    private static async Task<string[]> AtOnceAsync(Racer one, Racer two, string verb, string run, CancellationToken cancel)
    {
        var when = (TimeProvider.System.GetUtcNow() + HeadStart).ToUnixTimeMilliseconds();
        return await Task.WhenAll(one.AskAsync($"{verb} {when}{run}", cancel), two.AskAsync($"{verb} {when}{run}", cancel));
    }

    /// <summary>A process that races; it ends with its input, and so with this program.</summary>
    private sealed class Racer(Process process) : IDisposable
    {
        public static async Task<Racer> StartAsync(CrashSite site, CancellationToken cancel)
        {
            var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "EmbeddingAdmin.Testing.dll"), RacerProgram.Verb])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
            };
            start.Isolate();
            foreach (var (name, value) in WorkerProcess.Variables(site.Settings(site.Address)))
                start.Environment[name] = value;
            var racer = new Racer(Process.Start(start)!);
            await racer.HearAsync(cancel);
            return racer;
        }

        public async Task<string> AskAsync(string line, CancellationToken cancel)
        {
            await process.StandardInput.WriteLineAsync(line.AsMemory(), cancel);
            await process.StandardInput.FlushAsync(cancel);
            return await HearAsync(cancel);
        }

        public void Dispose()
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        private async Task<string> HearAsync(CancellationToken cancel) =>
            await process.StandardOutput.ReadLineAsync(cancel) ?? throw new InvalidOperationException("A process that was to race has ended.");
    }
}
