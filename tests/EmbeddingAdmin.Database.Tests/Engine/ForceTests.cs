using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>A request that no worker is left to fulfil is settled by whoever forces it, and the worker that wakes writes nothing.</summary>
public sealed class ForceTests(AssemblyStack stack)
{
    [Theory]
    [InlineData(RunAction.Pause, RunStatus.Paused)]
    [InlineData(RunAction.Cancel, RunStatus.Cancelled)]
    public async Task A_request_without_a_worker_is_forced_once_it_is_old(RunAction asked, RunStatus settled)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, lease) = await StopAsync(engine, asked);
        await AgeAsync(engine, request: 61, heartbeat: 31);
        // A page that the worker could not tell of any more.
        await engine.Database.ExecuteAsync($"insert into embedding_admin.batch (run, no, pass, written) values ({run.Id}, 1, 0, 7)", TestEngine.Cancel);
        var seen = (await engine.Store.SnapshotAsync(run.Id, TestEngine.Cancel))!;
        Assert.True(seen.MayBeForced);
        Assert.NotNull(seen.SilentSince);
        Assert.Contains(RunAction.Force, RunActions.For(seen));
        await using var elsewhere = engine.Another();

        var answer = await elsewhere.GetControl().AskAsync(run.Id, RunAction.Force, seen.Run.Status, TestEngine.Operator, TestEngine.Cancel);

        Assert.Equal((true, settled), (answer.Done, answer.Run!.Status));
        Assert.EndsWith("Its worker writes nothing any more, should it wake.", answer.Sentence, StringComparison.Ordinal);
        Assert.Equal("tester forced it: its worker gave no sign any more.", answer.Run.Reason);
        Assert.False(await engine.Store.Leases.RenewAsync(lease, TestEngine.Cancel));
        Assert.Equal(7, (await engine.Store.SnapshotAsync(run.Id, TestEngine.Cancel))!.Receipt[RowOutcome.Written]);
        var again = await elsewhere.GetControl().AskAsync(run.Id, RunAction.Force, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal((false, $"Run {run.Id} is {settled.Name()}: no request is pending that could be forced. Nothing was done."), (again.Done, again.Sentence));
    }

    [Theory]
    // Time goes on until it is asked: so far from 60 and from 30 that no slow machine comes there.
    [InlineData(20, 31)]
    [InlineData(61, 5)]
    [InlineData(3600, 0)]
    public async Task A_request_that_is_young_or_whose_worker_is_there_is_not_forced(int request, int heartbeat)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, lease) = await StopAsync(engine, RunAction.Pause);
        await AgeAsync(engine, request, heartbeat);

        var answer = await engine.Control.AskAsync(run.Id, RunAction.Force, null, TestEngine.Operator, TestEngine.Cancel);

        Assert.False(answer.Done);
        Assert.Matches(@"is pausing for \d+ s, and its worker gave a sign \d+ s ago\. Nothing was done\.", answer.Sentence);
        Assert.True(await engine.Store.Leases.HoldsAsync(lease, TestEngine.Cancel));
        // The store asks again, whatever a page thinks.
        Assert.Null(await engine.Store.Leases.ForceAsync((await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel));
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'run.force.refused'", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_request_that_nobody_has_a_lease_for_is_forced_by_its_age_alone()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, _) = await StopAsync(engine, RunAction.Cancel);
        await engine.Database.ExecuteAsync("delete from embedding_admin.run_lease", TestEngine.Cancel);
        var early = await engine.Control.AskAsync(run.Id, RunAction.Force, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.False(early.Done);
        Assert.Contains("and no worker has it. Nothing was done.", early.Sentence, StringComparison.Ordinal);

        await AgeAsync(engine, request: 61, heartbeat: 0);
        var answer = await engine.Control.AskAsync(run.Id, RunAction.Force, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal((true, RunStatus.Cancelled), (answer.Done, answer.Run!.Status));
    }

    [Fact]
    public async Task A_worker_that_wakes_after_its_run_was_forced_writes_nothing_and_changes_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        engine.Provider.Script.Hang = true;
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var driving = engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight == 2, TestEngine.Cancel);
        // Its lease is not renewed any more, and it does not notice, as if its process were frozen.
        await engine.Database.ExecuteAsync("create function f() returns trigger language plpgsql as $$ begin if new.token = old.token and new.until > clock_timestamp() + interval '14 s' then new.until := old.until; end if; return new; end $$; create trigger frozen before update on embedding_admin.run_lease for each row execute function f()", TestEngine.Cancel);
        await using var elsewhere = engine.Another();
        await elsewhere.GetControl().AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        await AgeAsync(engine, request: 61, heartbeat: 31);

        Assert.True((await elsewhere.GetControl().AskAsync(run.Id, RunAction.Force, null, TestEngine.Operator, TestEngine.Cancel)).Done);
        engine.Provider.Script.Hang = false;
        await driving;

        var left = (await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Paused, "tester forced it: its worker gave no sign any more."), (left.Status, left.Reason));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select (select count(embedding) from stories) + (select count(*) from embedding_admin.batch)", TestEngine.Cancel));
    }

    private static async Task<(Run Run, RunLease Lease)> StopAsync(TestEngine engine, RunAction action)
    {
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        Assert.True((await engine.Control.AskAsync(run.Id, action, null, TestEngine.Operator, TestEngine.Cancel)).Done);
        return (run, lease);
    }

    private static Task AgeAsync(TestEngine engine, int request, int heartbeat) => engine.Database.ExecuteAsync(
        $"update embedding_admin.run set changed_at = clock_timestamp() - interval '{request} s'; update embedding_admin.run_lease set until = clock_timestamp() + interval '{15 - heartbeat} s'", TestEngine.Cancel);
}
