using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Time;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class NewsTests(AssemblyStack stack)
{
    private const string Listeners = "select count(*) from pg_stat_activity where datname = current_database() and query like 'listen %'";

    [Fact]
    public async Task What_another_process_does_is_heard_without_a_poll()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        // Its poll never comes round: this clock stands.
        var clock = new FakeClock();
        await using var other = engine.Another();
        using var news = ActivatorUtilities.CreateInstance<RunNews>(engine.Services, (TimeProvider)clock);
        engine.Services.GetRequiredService<SchemaGate>().Open();
        await news.StartAsync(TestEngine.Cancel);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>(Listeners, TestEngine.Cancel));
        await using var watching = engine.Feed.WatchAllAsync(TestEngine.Cancel).GetAsyncEnumerator(TestEngine.Cancel);
        await watching.MoveNextAsync();
        await UntilAsync(() => news.IsProven);
        // The poll, the next proof.
        await clock.WhenTimersAsync(2, TestEngine.Cancel);

        var run = await other.GetRequiredService<RunControl>().StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await HeardAsync(seen => seen.Run.Id == run.Id);
        await other.GetRequiredService<RunControl>().AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        await HeardAsync(seen => seen.Run.Status == RunStatus.Paused);
        await engine.Database.ExecuteAsync($$"""insert into embedding_admin.run_progress (run, progress) values ({{run.Id}}, '{"tick": 7}') on conflict (run) do update set progress = excluded.progress""", TestEngine.Cancel);
        await HeardAsync(seen => seen.Progress.Tick == 7);

        await news.StopAsync(TestEngine.Cancel);
        // The server takes a moment to see that its client has gone.
        await engine.UntilSqlAsync($"select ({Listeners}) = 0");

        async Task HeardAsync(Func<RunSnapshot, bool> holds)
        {
            // Told: what comes in a burst is gathered for a tenth of a second.
            await clock.WhenTimersAsync(3, TestEngine.Cancel);
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await UntilAsync(() => engine.Feed.Latest(run.Id) is { } latest && holds(latest));
        }
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_made_again_and_nothing_is_missed_meanwhile()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        await using var other = engine.Another();
        // It does not listen again before somebody has seen that it does not.
        var clock = new FakeClock();
        using var news = ActivatorUtilities.CreateInstance<RunNews>(engine.Services, (TimeProvider)clock);
        engine.Services.GetRequiredService<SchemaGate>().Open();
        await news.StartAsync(TestEngine.Cancel);
        await using var watching = engine.Feed.WatchAllAsync(TestEngine.Cancel).GetAsyncEnumerator(TestEngine.Cancel);
        await watching.MoveNextAsync();
        await UntilAsync(() => news.IsProven);

        await engine.Database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'", TestEngine.Cancel);
        await UntilAsync(() => !news.IsProven);
        var run = await other.GetRequiredService<RunControl>().StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        // The poll, and the pause after the cut.
        await clock.WhenTimersAsync(2, TestEngine.Cancel);
        clock.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(() => engine.Feed.Latest(run.Id) is not null);
        await UntilAsync(() => news.IsProven);
        await news.StopAsync(TestEngine.Cancel);
    }

    [Fact]
    public async Task A_change_that_nobody_is_told_of_is_found_by_the_poll()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        await engine.Database.ExecuteAsync("alter table embedding_admin.run disable trigger run_is_told", TestEngine.Cancel);
        await using var other = engine.Another();

        await FindAsync(engine, other.GetControl(), proven: true, every: TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Where_news_cannot_come_through_the_poll_looks_each_second()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 10);
        await using var other = engine.Another();

        await FindAsync(engine, other.GetControl(), proven: false, every: TimeSpan.FromSeconds(1));
    }

    /// <summary>Looks, by a clock that stands, how long what another process does stays unseen.</summary>
    private static async Task FindAsync(TestEngine engine, RunControl other, bool proven, TimeSpan every)
    {
        var clock = new FakeClock();
        using var news = ActivatorUtilities.CreateInstance<RunNews>(engine.Services, (TimeProvider)clock);
        engine.Services.GetRequiredService<SchemaGate>().Open();
        await news.StartAsync(TestEngine.Cancel);
        await using var watching = engine.Feed.WatchAllAsync(TestEngine.Cancel).GetAsyncEnumerator(TestEngine.Cancel);
        await watching.MoveNextAsync();
        await UntilAsync(() => news.IsProven == proven);
        await NextAsync();
        Assert.Equal(proven, news.IsProven);

        var run = await other.StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        clock.Advance(every);
        await UntilAsync(() => engine.Feed.Latest(run.Id) is not null);
        await NextAsync();
        await other.AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal(RunStatus.Enqueued, engine.Feed.Latest(run.Id)!.Run.Status);
        clock.Advance(every);
        await UntilAsync(() => engine.Feed.Latest(run.Id)!.Run.Status == RunStatus.Paused);
        await news.StopAsync(TestEngine.Cancel);

        // The next look, and the next proof or the next question whether there can be one.
        Task NextAsync() => clock.WhenTimersAsync(2, TestEngine.Cancel);
    }

    private static async Task UntilAsync(Func<bool> state)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        late.CancelAfter(TimeSpan.FromMinutes(2));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!state())
            await tick.WaitForNextTickAsync(late.Token);
    }
}
