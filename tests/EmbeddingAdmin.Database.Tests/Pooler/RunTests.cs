using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EmbeddingAdmin.Database.Tests.Pooler;

public sealed class RunTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_whole_run_and_its_proof_go_through_and_leave_nothing_in_a_session()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 700);
        await using var crowd = new Crowd(engine.Pooler!.ConnectionString);
        await crowd.UntilItMovesAsync(TestEngine.Cancel);
        var (others, moves) = (await engine.OtherColumnsAsync(), crowd.Moves);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (run.Status, run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 700), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
        Assert.True(crowd.Moves > moves + 10, "The connections to the server stayed where they were.");
        var verified = await engine.VerifyAsync();
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (verified.Status, verified.Verdict));

        await crowd.LeaveAsync();
        Assert.Empty(await Leftovers.FindAsync(engine.Database, engine.Pooler, TestEngine.Cancel));
    }

    [Fact]
    public async Task A_host_takes_pauses_resumes_and_cancels_runs()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 400);
        var run = await engine.EnqueueSlowAsync(10);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);

        Assert.True((await engine.Control.AskAsync(run.Id, RunAction.Pause, RunStatus.Running, TestEngine.Operator, TestEngine.Cancel)).Done);
        var paused = await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused);
        Assert.InRange(paused.Done, 1, 399);
        Assert.True((await engine.Control.AskAsync(run.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel)).Done);
        await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Running && seen.Done > paused.Done);
        Assert.True((await engine.Control.AskAsync(run.Id, RunAction.Cancel, null, TestEngine.Operator, TestEngine.Cancel)).Done);
        await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Cancelled);

        var written = await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel);
        await engine.UntilAsync(run.Id, seen => seen.Receipt.Equals(Receipt.Empty.Add(RowOutcome.Written, written).Add(RowOutcome.NotAttempted, 400 - written)));
        Assert.Empty(await engine.DifferencesAsync("t.embedding is not null"));
        Assert.Empty(await SettledLeftoversAsync(engine));
    }

    [Fact]
    public async Task Two_hosts_share_the_work_and_each_hears_of_the_others_by_asking()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 300);
        // It goes on running until the onlooker has asked.
        engine.Provider.Script.Hang = true;
        var onlooker = engine.Another(null, ("Role", "dashboard"));
        await engine.HostAsync(onlooker);
        await engine.HostAsync();
        await engine.HostAsync();
        var news = onlooker.GetServices<IHostedService>().OfType<RunNews>().Single();
        await news.StartAsync(TestEngine.Cancel);

        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var seen = new HashSet<RunStatus>();
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        late.CancelAfter(TimeSpan.FromMinutes(2));
        await foreach (var snapshot in onlooker.GetRequiredService<RunFeed>().WatchAsync(run.Id, late.Token))
        {
            seen.Add(snapshot.Run.Status);
            engine.Provider.Script.Hang &= snapshot.Run.Status != RunStatus.Running;
            if (snapshot.Run.Status.IsFinal())
                break;
        }

        await news.StopAsync(TestEngine.Cancel);
        Assert.Superset(new HashSet<RunStatus> { RunStatus.Running, RunStatus.Succeeded }, seen);
        Assert.False(news.IsProven);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 300), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
        Assert.Empty(await SettledLeftoversAsync(engine));
    }

    [Fact]
    public async Task Connections_to_the_server_that_are_killed_under_a_run_lose_nothing()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 800);
        var run = await engine.EnqueueSlowAsync(20);
        await engine.HostAsync();
        var seen = await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);
        for (var time = 1; time <= 2; time++)
        {
            Assert.False(seen.Run.Status.IsFinal());
            await engine.Database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'EmbeddingAdmin%'", TestEngine.Cancel);
            var before = seen.Done;
            seen = await engine.UntilAsync(run.Id, seen => seen.Done > before + 20);
        }

        await HurryAsync(engine, run.Id);
        await EndsVerifiedAsync(engine, run.Id, 800);
    }

    [Fact]
    public async Task A_pooler_that_is_started_again_in_the_middle_of_a_run_loses_nothing()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 400);
        var run = await engine.EnqueueSlowAsync(10);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);

        await engine.Pooler!.StopAsync();
        await engine.Pooler.StartAsync(TestEngine.Cancel);
        await HurryAsync(engine, run.Id);

        await EndsVerifiedAsync(engine, run.Id, 400);
    }

    /// <summary>Lets a run go as fast as it can, by a connection that nobody has cut.</summary>
    private static Task HurryAsync(TestEngine engine, long run) => engine.Database.ExecuteAsync($"update embedding_admin.run set rows_per_second = null where id = {run}", TestEngine.Cancel);

    /// <summary>The run goes on by itself and every row has its own vector.</summary>
    private static async Task EndsVerifiedAsync(TestEngine engine, long run, int rows)
    {
        var ended = await engine.UntilAsync(run, seen => seen.Run.Status.IsFinal());
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (ended.Run.Status, ended.Run.Verdict));
        var receipt = (await engine.Ledger.SumAsync(run, TestEngine.Cancel)).Receipt;
        Assert.Equal(rows, receipt[RowOutcome.Written] + receipt[RowOutcome.AlreadyCurrent]);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Empty(await SettledLeftoversAsync(engine));
    }

    /// <summary>The hosts go on looking; a transaction of theirs is no leftover.</summary>
    private static async Task<IReadOnlyList<string>> SettledLeftoversAsync(TestEngine engine)
    {
        await engine.StopHostsAsync();
        return await Leftovers.FindAsync(engine.Database, engine.Pooler!, TestEngine.Cancel);
    }
}
