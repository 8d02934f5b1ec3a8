using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>What is undone after the first look is found by the second, and what was only looked at in the wrong moment is not reported.</summary>
public sealed class SecondLookTests(AssemblyStack stack)
{
    private const string Job = "update stories set embedding = null where id in (3, 77)";

    [Fact]
    public async Task A_job_that_undoes_what_was_just_written_is_found_between_the_looks()
    {
        await using var engine = await StartAsync(200, seconds: 3600);
        await engine.BackfillAsync();
        var (run, driven) = await WaitingAsync(engine);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.AlreadyCurrent, 200), (await engine.Ledger.SumAsync(run, TestEngine.Cancel)).Receipt);

        await engine.Database.ExecuteAsync(Job, TestEngine.Cancel);
        var ended = await GoOnAsync(engine, run, driven);

        Assert.Equal((RunStatus.Succeeded, Verdict.NotVerified), (ended.Status, ended.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.AlreadyCurrent, 198).Add(RowOutcome.Reverted, 2), (await engine.Ledger.SumAsync(run, TestEngine.Cancel)).Receipt);
        Assert.Equal(["3", "77"], (await engine.Ledger.ListedAsync(run, 10, TestEngine.Cancel)).Select(row => row.Key));
    }

    [Fact]
    public async Task A_false_alarm_disappears_with_the_second_look_and_what_is_gone_then_is_deleted()
    {
        await using var engine = await StartAsync(120, seconds: 3600);
        await engine.BackfillAsync();
        await AgeAsync(engine);
        await engine.Database.ExecuteAsync("create table kept as select id, embedding from stories where id = 3; update stories set embedding = null where id in (3, 77, 78)", TestEngine.Cancel);
        var (run, driven) = await WaitingAsync(engine);
        Assert.Equal(3, (await engine.Ledger.SumAsync(run, TestEngine.Cancel)).Receipt[RowOutcome.Reverted]);

        await engine.Database.ExecuteAsync("update stories t set embedding = k.embedding from kept k where k.id = t.id; delete from stories where id = 77", TestEngine.Cancel);
        await GoOnAsync(engine, run, driven);

        Assert.Equal(Receipt.Empty.Add(RowOutcome.AlreadyCurrent, 118).Add(RowOutcome.Reverted, 1).Add(RowOutcome.Deleted, 1), (await engine.Ledger.SumAsync(run, TestEngine.Cancel)).Receipt);
        Assert.Equal([("77", RowOutcome.Deleted), ("78", RowOutcome.Reverted)], (await engine.Ledger.ListedAsync(run, 10, TestEngine.Cancel)).Select(row => (row.Key, row.Outcome)));
    }

    [Fact]
    public async Task Nothing_is_waited_for_when_nothing_is_gone_and_nothing_is_young()
    {
        await using var engine = await StartAsync(60, seconds: 3600);
        await engine.BackfillAsync();
        await AgeAsync(engine);

        var run = await engine.VerifyAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (run.Status, run.Verdict));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>($"select count(*) from embedding_admin.batch where run = {run.Id} and pass > 0", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_row_that_was_inserted_and_embedded_behind_the_first_look_is_not_counted()
    {
        await using var engine = await StartAsync(60, seconds: 3600);
        await engine.BackfillAsync();
        var (run, driven) = await WaitingAsync(engine);
        await engine.Database.ExecuteAsync("insert into stories (id, title, content) overriding system value values (0, 'Late', 'It came behind the reader.')", TestEngine.Cancel);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set embedding = null where id = 0", TestEngine.Cancel);

        await GoOnAsync(engine, run, driven);

        Assert.Equal(Receipt.Empty.Add(RowOutcome.AlreadyCurrent, 60), (await engine.Ledger.SumAsync(run, TestEngine.Cancel)).Receipt);
    }

    [Fact]
    public async Task A_limit_keeps_its_rows_in_every_pass()
    {
        await using var engine = await StartAsync(120, seconds: 0);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync(
            """
            update stories set embedding = null where id in (10, 100);
            update stories t set embedding = (select embedding from stories where id = 20) where id in (21, 110, 111);
            update embedding_admin.stamp s set vector_hash = sha256(extensions.vector_send(t.embedding)) from stories t where t.id::text = s.row_key and t.id in (21, 110, 111)
            """, TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Verify, "stories") { Limit = 60, Sample = 1000 }, TestEngine.Operator, TestEngine.Cancel);

        await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal(Receipt.Empty.Add(RowOutcome.AlreadyCurrent, 57).Add(RowOutcome.Reverted, 1).Add(RowOutcome.Failed, 2), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal(["10", "20", "21"], (await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel)).Select(row => row.Key).Order(StringComparer.Ordinal));
        Assert.Equal(57, await engine.Database.ScalarAsync<long>($"select sum(compared)::bigint from embedding_admin.batch where run = {run.Id}", TestEngine.Cancel));
    }

    internal static Task<TestEngine> StartAsync(AssemblyStack stack, int rows, int seconds) => TestEngine.StartAsync(stack.Postgres, rows, ("Verify:SecondLookSeconds", $"{seconds}"));

    /// <summary>As if what was written had been written long ago.</summary>
    internal static Task AgeAsync(TestEngine engine) => engine.Database.ExecuteAsync("update embedding_admin.stamp set at = at - interval '2 hours'", TestEngine.Cancel);

    /// <summary>Starts a verification and returns when it waits for its second look.</summary>
    private static async Task<(long Run, Task<Run> Driven)> WaitingAsync(TestEngine engine)
    {
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var driven = Task.Run(() => engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel), TestEngine.Cancel);
        var waiting = await engine.UntilAsync(run.Id, snapshot => snapshot.Progress.Waiting is not null);
        Assert.Matches("^Waiting [0-9]+ s for the second look", waiting.Progress.Waiting);
        return (run.Id, driven);
    }

    /// <summary>Pauses the run, which ends its wait at once, lets an hour pass, and drives it by services of its own to the end.</summary>
    private static async Task<Run> GoOnAsync(TestEngine engine, long run, Task<Run> driven)
    {
        await engine.Control.AskAsync(run, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal(RunStatus.Paused, (await driven).Status);
        await engine.Database.ExecuteAsync(
            """
            update embedding_admin.row_result set at = at - interval '1 hour';
            update embedding_admin.stamp set at = at - interval '1 hour';
            update embedding_admin.run set started_at = started_at - interval '1 hour'
            """, TestEngine.Cancel);
        await engine.Control.AskAsync(run, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        await using var another = engine.Another(null, ("Verify:SecondLookSeconds", "3600"));
        return (await another.GetRunner().RunAsync(run, TestEngine.Cancel))!;
    }

    private Task<TestEngine> StartAsync(int rows, int seconds) => StartAsync(stack, rows, seconds);
}
