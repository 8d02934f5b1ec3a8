using System.Globalization;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>What a run did to the memory of the process that drove it, in bytes.</summary>
/// <param name="Rows">The table's rows.</param>
/// <param name="Before">What the process held before the run.</param>
/// <param name="Most">The most that it held until the run had ended.</param>
/// <param name="Heap">What its heap still held afterwards.</param>
/// <param name="Took">How long the run took.</param>
public sealed record MemoryUse(long Rows, long Before, long Most, long Heap, TimeSpan Took)
{
    /// <summary>By how much the process grew.</summary>
    public long Growth => Most - Before;
}

/// <summary>
/// <c>memory [--rows N]</c>: a run over N rows (a million) and one over a tenth of them, each in a process of its own. Whatever the number of rows, the process must not
/// grow with it.
/// </summary>
public static class Memory
{
    public const string Verb = "memory";

    private const int Dimensions = 64;
    private const long Megabyte = 1 << 20;
    private const long MostGrowth = 100 * Megabyte;
    private const double MostRatio = 1.25;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(60);

    /// <summary>Runs over so many rows, and measures.</summary>
    /// <param name="postgres">The server.</param>
    /// <param name="rows">The table's rows.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<MemoryUse> MeasureAsync(CrashPostgres postgres, long rows, CancellationToken cancel)
    {
        var plan = new CrashPlan
        {
            Seed = 4, Rows = 0, BlankEvery = 0, PageSize = 500, RequestSize = 256, Latency = TimeSpan.Zero, Workers = 1, AppChanges = 0, UnstampedEvery = 0, Faults = [],
        };
        await using var site = await CrashSite.MakeAsync(postgres, plan, cancel);
        await site.ScalarAsync<object>(
            $"""
            drop trigger note_arrival on {AppTable.Name};
            alter table {AppTable.Name} alter column embedding type extensions.vector({Dimensions});
            insert into {AppTable.Name} (id, title, content) select n, 'Note ' || n, 'It is about ' || md5(n::text) || ' and about ' || md5((n + 1)::text) || '.' from generate_series(1, {rows}) as n
            """, cancel);
        await site.ScalarAsync<object>($"vacuum analyze {AppTable.Name}", cancel);
        var worker = await site.StartWorkerAsync(cancel, alone: true);
        var before = await StatusAsync(worker, "VmRSS", cancel);
        var began = TimeProvider.System.GetTimestamp();
        var run = (await site.Control.StartAsync(new(RunKind.Backfill, AppTable.Name), CrashSite.Operator, cancel)).Id;
        if (!await Waiting.UntilAsync(async () => (await site.FindAsync(run, cancel)).Status is RunStatus.Succeeded or RunStatus.Errored or RunStatus.Paused, Patience, cancel, TimeSpan.FromMilliseconds(500)))
            throw new InvalidOperationException($"The run over {rows} rows did not end.");
        var took = TimeProvider.System.GetElapsedTime(began);
        var embedded = await site.ScalarAsync<long>($"select count(embedding) from {AppTable.Name}", cancel);
        if (embedded != rows)
            throw new InvalidOperationException($"The run over {rows} rows embedded {embedded}: {(await site.FindAsync(run, cancel)).Reason}");
        return new(rows, before, await StatusAsync(worker, "VmHWM", cancel), await HeapAsync(worker, cancel), took);
    }

    internal static async Task<int> RunAsync(string[] args, CancellationToken cancel)
    {
        var rows = args is ["--rows", var number] ? long.Parse(number, CultureInfo.InvariantCulture) : 1_000_000;
        await using var postgres = await CrashPostgres.StartAsync(cancel);
        var small = await MeasureAsync(postgres, rows / 10, cancel);
        Tell(small);
        var large = await MeasureAsync(postgres, rows, cancel);
        Tell(large);
        var holds = large.Growth <= MostGrowth && large.Growth <= MostRatio * small.Growth;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ten times the rows: {(double)large.Growth / small.Growth:0.00} times the growth (at most {MostRatio}), {large.Growth / Megabyte} MB (at most {MostGrowth / Megabyte}): {(holds ? "it holds" : "IT DOES NOT HOLD")}"));
        return holds ? 0 : 1;
    }

    private static void Tell(MemoryUse use) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{use.Rows,9} rows of {Dimensions} dimensions in {use.Took.TotalSeconds:0} s: {use.Before / Megabyte} MB before, {use.Most / Megabyte} MB at most, +{use.Growth / Megabyte} MB; heap afterwards {use.Heap / Megabyte} MB"));

    private static async Task<long> StatusAsync(WorkerProcess worker, string name, CancellationToken cancel)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{worker.Pid}/status", cancel)).Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    private static async Task<long> HeapAsync(WorkerProcess worker, CancellationToken cancel)
    {
        await worker.SignalAsync("HUP", cancel);
        string? said = null;
        await Waiting.UntilAsync(() => Task.FromResult((said = worker.Lines.FirstOrDefault(line => line.StartsWith(WorkerProgram.Heap, StringComparison.Ordinal))) is not null), TimeSpan.FromMinutes(2), cancel);
        return long.Parse(said![WorkerProgram.Heap.Length..], CultureInfo.InvariantCulture);
    }
}
