using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// <c>takeover</c> and <c>freeze</c>: two workers side by side, of which the one that works dies, or stands still past its lease and wakes up
/// again. Nothing is shortened: these are the times that an operator sees.
/// </summary>
public static class TwoWorkers
{
    public const string Takeover = "takeover";
    public const string Freeze = "freeze";

    // Slow enough that the run is not over before the other worker has it.
    private static readonly CrashPlan Plan = new()
    {
        Seed = 0, Rows = 2400, BlankEvery = 50, PageSize = 20, RequestSize = 20, Latency = TimeSpan.FromMilliseconds(500), Workers = 2, AppChanges = 0, UnstampedEvery = 0, Faults = [],
    };

    /// <summary>Within this the other worker writes, on a machine that does nothing else.</summary>
    public static readonly TimeSpan Promised = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The working one is killed; the other writes in time and finishes.</summary>
    /// <param name="postgres">The server.</param>
    /// <param name="most">What is in time.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>What happened, and what was wrong.</returns>
    public static async Task<(string Told, IReadOnlyList<string> Violations)> TakeoverAsync(CrashPostgres postgres, TimeSpan most, CancellationToken cancel)
    {
        await using var site = await CrashSite.MakeAsync(postgres, Plan with { Seed = 1 }, cancel);
        var (run, working, other) = await BeginAsync(site, cancel);
        await working.SignalAsync("KILL", cancel);
        await working.Exited;
        var took = await UntilItWritesAsync(site, other, cancel);
        var violations = new List<string>();
        if (took > most)
            violations.Add($"The other worker wrote only {took.TotalSeconds:0.0} s after the first was killed.");
        await UntilDoneAsync(site, run, violations, cancel);
        violations.AddRange(await NothingLost.DifferencesAsync(site, run, 1, cancel));
        return ($"killed at once; the other worker wrote {took.TotalSeconds:0.0} s later and finished {Plan.Rows} rows", violations);
    }

    /// <summary>The working one is stopped past its lease and goes on while the other works: it writes nothing any more, and is of use again afterwards.</summary>
    /// <param name="postgres">The server.</param>
    /// <param name="most">In which time the other writes.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>What happened, and what was wrong.</returns>
    public static async Task<(string Told, IReadOnlyList<string> Violations)> FreezeAsync(CrashPostgres postgres, TimeSpan most, CancellationToken cancel)
    {
        await using var site = await CrashSite.MakeAsync(postgres, Plan with { Seed = 2 }, cancel);
        var (run, frozen, other) = await BeginAsync(site, cancel);
        await frozen.SignalAsync("STOP", cancel);
        var took = await UntilItWritesAsync(site, other, cancel);
        var violations = new List<string>();
        if (took > most)
            violations.Add($"The other worker wrote only {took.TotalSeconds:0.0} s after the first stood still.");
        // Whatever the frozen one had sent before is decided by now: whoever takes over waits for the writes that are open.
        var before = await WrittenByAsync(site, frozen, cancel);
        await frozen.SignalAsync("CONT", cancel);
        await UntilDoneAsync(site, run, violations, cancel);
        var after = await WrittenByAsync(site, frozen, cancel);
        if (after != before)
            violations.Add($"The worker that had stood still wrote {after - before} rows after another had taken over.");
        violations.AddRange(await NothingLost.DifferencesAsync(site, run, 1, cancel));
        violations.AddRange(await IsOfUseAsync(site, frozen, other, cancel));
        return ($"stopped past its lease; the other worker wrote {took.TotalSeconds:0.0} s later and finished {Plan.Rows} rows; the first woke up meanwhile, wrote {after - before} rows, and drove the next run", violations);
    }

    internal static async Task<int> RunAsync(string verb, CancellationToken cancel)
    {
        await using var postgres = await CrashPostgres.StartAsync(cancel);
        var (told, violations) = verb == Takeover ? await TakeoverAsync(postgres, Promised, cancel) : await FreezeAsync(postgres, Promised, cancel);
        Console.WriteLine($"{verb}: {told}");
        foreach (var violation in violations)
            Console.WriteLine($"  LOST {violation}");
        Console.WriteLine(violations.Count == 0 ? "nothing lost" : "");
        return violations.Count == 0 ? 0 : 1;
    }

    private static async Task<(long Run, WorkerProcess Working, WorkerProcess Other)> BeginAsync(CrashSite site, CancellationToken cancel)
    {
        await Task.WhenAll(site.StartWorkerAsync(cancel), site.StartWorkerAsync(cancel));
        var run = (await site.StartAsync(new(RunKind.Backfill, AppTable.Name), cancel)).Id;
        await Waiting.UntilAsync(async () => await CrashSeed.LedgerRowsAsync(site, run, cancel) >= Plan.Rows / 10, Patience, cancel);
        var working = await site.WorkingAsync(cancel) ?? throw new InvalidOperationException("Nobody works.");
        return (run, working, site.Workers.Single(worker => worker != working));
    }

    private static async Task<TimeSpan> UntilItWritesAsync(CrashSite site, WorkerProcess worker, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        await Waiting.UntilAsync(async () => await WrittenByAsync(site, worker, cancel) > 0, Patience, cancel);
        return TimeProvider.System.GetElapsedTime(began);
    }

    private static async Task UntilDoneAsync(CrashSite site, long run, List<string> violations, CancellationToken cancel)
    {
        if (!await Waiting.UntilAsync(async () => (await site.FindAsync(run, cancel)).Status is RunStatus.Succeeded, Patience, cancel))
            violations.Add($"The run did not end: it is {(await site.FindAsync(run, cancel)).Status.Name()}.");
    }

    /// <summary>With the other worker gone, the one that had stood still drives another run.</summary>
    private static async Task<IReadOnlyList<string>> IsOfUseAsync(CrashSite site, WorkerProcess frozen, WorkerProcess other, CancellationToken cancel)
    {
        await other.SignalAsync("TERM", cancel);
        await other.Exited;
        if (frozen.Exited.IsCompleted)
            return ["The worker that had stood still has ended."];
        var before = await WrittenByAsync(site, frozen, cancel);
        await site.ScalarAsync<object>($"update {AppTable.Name} set embedding = null where id <= 1000", cancel);
        var again = (await site.StartAsync(new(RunKind.Backfill, AppTable.Name), cancel)).Id;
        var violations = new List<string>();
        await UntilDoneAsync(site, again, violations, cancel);
        if (await WrittenByAsync(site, frozen, cancel) == before)
            violations.Add("The worker that had stood still drove no run any more.");
        return violations;
    }

    private static async Task<int> WrittenByAsync(CrashSite site, WorkerProcess worker, CancellationToken cancel) =>
        (await site.ScalarAsync<int[]>("select array_agg(port) from lab.arrival", cancel) ?? []).Count(worker.Relay.Owns);
}
