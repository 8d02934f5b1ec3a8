using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class ControlTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_pause_holds_within_15_s_while_the_provider_hangs_and_resume_loses_and_repeats_nothing()
    {
        // The call alone would hang on.
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400, ("Embeddings:Timeout", "00:10:00"));
        var run = await engine.EnqueueSlowAsync(10);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);
        engine.Provider.Script.Hang = true;
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight > 0, TestEngine.Cancel);
        var asked = TimeProvider.System.GetTimestamp();

        var answer = await engine.Control.AskAsync(run.Id, RunAction.Pause, RunStatus.Running, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal((true, RunStatus.Pausing), (answer.Done, answer.Run!.Status));
        var paused = await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused);
        // What a busy machine takes beside the grace is its own.
        Assert.True(Halt.Grace < TimeSpan.FromSeconds(15));
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Equal("tester asked to pause it.", paused.Run.Reason);
        Assert.InRange(paused.Done, 1, 399);
        Assert.Equal(paused.Done, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));

        engine.Provider.Script.Hang = false;
        await engine.HurryAsync(run.Id);
        Assert.True((await engine.Control.AskAsync(run.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel)).Done);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal(Verdict.Verified, ended.Run.Verdict);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 400), ended.Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task An_answer_that_comes_within_the_grace_of_a_pause_is_written()
    {
        // More than is read ahead while nothing is answered.
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1000, ("Backfill:RowsPerSecond", "100"));
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight == 4, TestEngine.Cancel);

        await engine.Control.AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        engine.Provider.Script.Hang = false;
        var paused = await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused);

        Assert.True(paused.Done is >= 100 and < 1000, $"{paused.Done} rows");
        Assert.Equal(paused.Done, paused.Receipt[RowOutcome.Written]);
    }

    [Fact]
    public async Task A_cancelled_run_keeps_what_it_wrote_and_says_what_it_did_not_attempt()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400);
        var run = await engine.EnqueueSlowAsync(10);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);

        await engine.Control.AskAsync(run.Id, RunAction.Cancel, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Cancelled);

        var written = await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel);
        var final = await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] == written);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, written).Add(RowOutcome.NotAttempted, 400 - written), final.Receipt);
        Assert.Null(ended.Run.Verdict);
    }

    [Fact]
    public async Task A_host_that_stops_interrupts_its_run_and_the_next_host_goes_on()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400);
        var run = await engine.EnqueueSlowAsync(10);
        var first = await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);

        await first.StopAsync(TestEngine.Cancel);
        Assert.Equal(RunStatus.Interrupted, (await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!.Status);

        await engine.HurryAsync(run.Id);
        await engine.HostAsync();
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 400), ended.Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task Twenty_clicks_start_one_run_and_the_losers_are_told_which()
    {
        // Each start tries an update of a row that nobody has locked; where there is one for everybody, nobody waits for another.
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);

        var clicks = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                return (await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel)).Id.ToString();
            }
            catch (EmbeddingAdminException refused)
            {
                Assert.Equal(ErrorCodes.ColumnHeld, refused.Code);
                return refused.Message;
            }
        }));

        var winner = Assert.Single(clicks, click => click.Length < 10);
        Assert.All(clicks.Where(click => click != winner), sentence =>
        {
            Assert.Contains($"Run {winner} ", sentence, StringComparison.Ordinal);
            Assert.Contains("tester started it", sentence, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Twenty_pauses_at_once_are_one_pause_and_nineteen_sentences()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, _) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => engine.Control.AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel)));

        Assert.Single(answers, answer => answer.Done);
        Assert.All(answers.Where(answer => !answer.Done), answer => Assert.Contains("already pausing", answer.Sentence, StringComparison.Ordinal));
        Assert.Equal(20, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind in ('run.pausing', 'run.pause.refused')", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_change_that_was_decided_on_an_older_version_is_not_written()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (seen, _) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);

        Assert.NotNull(await engine.Store.MoveAsync(seen, RunStatus.Pausing, TestEngine.Operator, null, TestEngine.Cancel));
        Assert.Null(await engine.Store.MoveAsync(seen, RunStatus.Succeeded, TestEngine.Operator, null, TestEngine.Cancel));

        Assert.Equal(RunStatus.Pausing, (await engine.Store.FindAsync(seen.Id, TestEngine.Cancel))!.Status);
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Store.MoveAsync(seen, RunStatus.Enqueued, TestEngine.Operator, null, TestEngine.Cancel));
    }

    [Fact]
    public async Task A_command_for_a_state_that_is_no_longer_so_does_nothing_and_says_so()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var run = await engine.BackfillAsync();

        var answer = await engine.Control.AskAsync(run.Id, RunAction.Pause, RunStatus.Running, TestEngine.Operator, TestEngine.Cancel);

        Assert.False(answer.Done);
        Assert.Equal($"Run {run.Id} was running and is succeeded meanwhile. Nothing was done.", answer.Sentence);
    }

    [Fact]
    public async Task Refused_credentials_pause_the_run_with_a_reason_and_resume_goes_on()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        engine.Provider.Script.FailEvery = 1;
        engine.Provider.Script.Failure = new(401, """{"error":{"message":"Incorrect API key provided: sk-abcde****wxyz.","type":"invalid_request_error","code":"invalid_api_key"}}""");

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Paused, ErrorCodes.KeyRefused), (run.Status, run.ReasonCode));
        Assert.DoesNotContain("sk-abcde", run.Reason, StringComparison.Ordinal);
        engine.Provider.Script.FailEvery = 0;
        await engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal(Verdict.Verified, ended.Verdict);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_blocked_run_is_errored_and_a_retry_after_the_cure_writes_every_row_once()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(
            "create function f() returns trigger language plpgsql as $$ begin if new.id % 40 = 7 then return null; end if; return new; end $$; create trigger t before update on stories for each row execute function f()",
            TestEngine.Cancel);
        var blocked = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);
        Assert.Equal((RunStatus.Errored, ErrorCodes.WriteSwallowed), (blocked.Status, blocked.ReasonCode));
        Assert.True((await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[RowOutcome.Blocked] > 0);

        await engine.Database.ExecuteAsync("drop trigger t on stories", TestEngine.Cancel);
        await engine.Control.AskAsync(run.Id, RunAction.Retry, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, 2), (ended.Status, ended.Verdict, ended.Attempt));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 120), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }
}
