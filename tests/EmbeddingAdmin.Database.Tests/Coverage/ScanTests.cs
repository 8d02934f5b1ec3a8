using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Time;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Coverage;

/// <summary>The scan of a large table: one per column, taken up where it was, and begun anew only when it means something else.</summary>
public sealed class ScanTests(AssemblyStack stack)
{
    private const string ScansEverything = "0";

    [Fact]
    public async Task Before_a_scan_the_states_of_vectors_are_not_known_and_not_zero_and_after_it_they_are_with_its_times()
    {
        await using var engine = await StartAsync(30);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Limit = 20 });

        var before = await engine.CoverageAsync();
        Assert.Equal((30L, 20L, 10L, 0L), (before.Total, before.Embedded, before[CoverageState.Missing], before[CoverageState.EmptySource]));
        Assert.All(CoverageStates.OfVectors, state => Assert.Null(before[state]));
        Assert.Equal((true, 20L, (ScanProgress?)null), (before.ScanDue, before.Unexamined, before.Scan));

        Assert.True(await Scan(engine).RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel));

        var after = await engine.CoverageAsync();
        Assert.Equal((20L, 0L, false), (after[CoverageState.Fresh], after.Unexamined, after.ScanDue));
        var fresh = after.Figures[CoverageState.Fresh]!;
        Assert.True(fresh is { Basis: Basis.Scanned, Until: { } until } && fresh.AsOf <= until && until <= after.AsOf);
        Assert.False(await Scan(engine).RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel));
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Limit = 5 });
        var written = await engine.CoverageAsync();
        Assert.Equal((true, 5L, 20L), (written.ScanDue, written.Unexamined, written[CoverageState.Fresh]));
    }

    [Fact]
    public async Task A_scan_that_is_stopped_goes_on_where_it_was_here_or_elsewhere_and_counts_no_row_twice()
    {
        await using var engine = await StartAsync(1_500);
        await engine.BackfillAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        // It rests after its first page, so that it is caught in the middle.
        await using var slow = engine.Another(null, ("Coverage:ScanPercent", "1"), ("Coverage:ExamineAtOnceUpTo", ScansEverything));
        var first = ActivatorUtilities.CreateInstance<CoverageScan>(slow, new RestingClock()).RunAsync(await engine.TargetAsync(), ripe: true, stop.Token);
        await engine.UntilSqlAsync("select coalesce((select looked > 0 from embedding_admin.coverage_scan), false)");
        Assert.False(await Scan(engine).RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var half = await engine.CoverageAsync();
        Assert.InRange(half.Scan!.Looked, 1, 1_499);
        Assert.True(await Scan(engine).RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel));
        Assert.Equal((1_500L, (ScanProgress?)null), ((await engine.CoverageAsync())[CoverageState.Fresh], (await engine.CoverageAsync()).Scan));
        Assert.Equal(1, await engine.Database.ScalarAsync<int>("select scans from embedding_admin.coverage_scan", TestEngine.Cancel));
    }

    [Fact]
    public async Task Another_model_makes_what_was_found_mean_nothing_and_the_next_scan_begins_anew()
    {
        await using var engine = await StartAsync(40);
        await engine.BackfillAsync();
        await Scan(engine).RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel);
        await using var changed = engine.Another(null, ("Embeddings:Model", "text-embedding-3-large"), ("Coverage:ExamineAtOnceUpTo", ScansEverything));

        var unknown = await changed.GetRequiredService<CoverageReader>().ReadAsync(engine.Table, TimeSpan.Zero, TestEngine.Cancel);
        Assert.Equal((null, true), (unknown[CoverageState.StaleConfig], unknown.ScanDue));
        await changed.GetRequiredService<CoverageScan>().RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel);

        var known = await changed.GetRequiredService<CoverageReader>().ReadAsync(engine.Table, TimeSpan.Zero, TestEngine.Cancel);
        Assert.Equal((40L, 0L), (known[CoverageState.StaleConfig], known[CoverageState.Fresh]));
    }

    [Fact]
    public async Task A_scanner_that_lost_its_lease_enters_nothing_more()
    {
        await using var engine = await StartAsync(1_500);
        await using var slow = engine.Another(null, ("Coverage:ScanPercent", "1"), ("Coverage:ExamineAtOnceUpTo", ScansEverything));
        var clock = new RestingClock();
        var first = ActivatorUtilities.CreateInstance<CoverageScan>(slow, clock).RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel);
        await engine.UntilSqlAsync("select coalesce((select looked > 0 from embedding_admin.coverage_scan), false)");
        await engine.Database.ExecuteAsync("update embedding_admin.coverage_scan set until = '-infinity'", TestEngine.Cancel);

        Assert.True(await Scan(engine).RunAsync(await engine.TargetAsync(), ripe: true, TestEngine.Cancel));

        await clock.GoOnAsync();
        Assert.False(await first);
        Assert.Equal(1_500, (await engine.CoverageAsync())[CoverageState.Missing]);
        Assert.Equal(1_500L, await engine.Database.ScalarAsync<long>("select (select sum(n) from unnest(done_counts) n)::bigint from embedding_admin.coverage_scan", TestEngine.Cancel));
    }

    private static Task<TestEngine> StartAsync(TestPostgres postgres, int rows) => TestEngine.StartAsync(postgres, rows, ("Coverage:ExamineAtOnceUpTo", ScansEverything), ("Coverage:ScanPercent", "100"));

    private Task<TestEngine> StartAsync(int rows) => StartAsync(stack.Postgres, rows);

    private static CoverageScan Scan(TestEngine engine) => engine.Services.GetRequiredService<CoverageScan>();

    /// <summary>A clock whose time goes by, and whose pauses last until a test ends them.</summary>
    private sealed class RestingClock : TimeProvider
    {
        private readonly FakeClock _pauses = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _pauses.CreateTimer(callback, state, dueTime, period);

        /// <summary>Ends a pause, when there is one.</summary>
        public async Task GoOnAsync()
        {
            await _pauses.WhenTimersAsync(1, TestEngine.Cancel);
            _pauses.FireNext();
        }
    }
}
