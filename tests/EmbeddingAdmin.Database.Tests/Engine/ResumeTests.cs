using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>A run that the database has stopped goes on only after one update was tried and rolled back: when somebody asks, and again when a worker takes it.</summary>
public sealed class ResumeTests(AssemblyStack stack)
{
    private const string Full =
        "create sequence tries; create function full_disk() returns trigger language plpgsql as $$ begin perform nextval('tries'); raise exception 'could not extend file' using errcode = '53100'; end $$; "
        + "create trigger full_disk before update on stories for each statement execute function full_disk()";

    [Fact]
    public async Task A_full_disk_pauses_at_once_and_resume_tries_one_update_first()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);

        var paused = await FillDiskAsync(engine);

        Assert.Equal((RunStatus.Paused, ErrorCodes.DatabaseFull), (paused.Status, paused.ReasonCode));
        // Two writers, and none tried twice.
        Assert.InRange(await engine.Database.ScalarAsync<long>("select last_value from tries", TestEngine.Cancel), 1, 2);
        var calls = engine.Provider.Counts.Calls;
        var early = await ResumeAsync(engine, paused);
        Assert.False(early.Done);
        Assert.StartsWith($"Run {paused.Id} cannot go on yet. The database's disk is full.", early.Sentence, StringComparison.Ordinal);
        await engine.Database.ExecuteAsync("alter table stories disable trigger full_disk", TestEngine.Cancel);
        Assert.True((await ResumeAsync(engine, paused)).Done);
        // Full again before a worker took it.
        await engine.Database.ExecuteAsync("alter table stories enable trigger full_disk", TestEngine.Cancel);
        var again = (await engine.Services.GetRunner().RunAsync(paused.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Paused, ErrorCodes.DatabaseFull, calls), (again.Status, again.ReasonCode, engine.Provider.Counts.Calls));

        await engine.Database.ExecuteAsync("drop trigger full_disk on stories", TestEngine.Cancel);
        await ResumeAsync(engine, paused);
        Assert.Equal(Verdict.Verified, (await engine.Services.GetRunner().RunAsync(paused.Id, TestEngine.Cancel))!.Verdict);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task An_update_that_is_swallowed_meanwhile_holds_the_run_for_the_reason_that_it_was_held_for()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        var paused = await FillDiskAsync(engine);
        await engine.Database.ExecuteAsync(
            "drop trigger full_disk on stories; create function swallow() returns trigger language plpgsql as $$ begin return null; end $$; "
            + "create trigger swallow before update on stories for each row execute function swallow()", TestEngine.Cancel);
        var calls = engine.Provider.Counts.Calls;

        var early = await ResumeAsync(engine, paused);

        Assert.False(early.Done);
        Assert.StartsWith($"Run {paused.Id} cannot go on yet. The test update before the run goes on did not come through ({ErrorCodes.WriteSwallowed}).", early.Sentence, StringComparison.Ordinal);
        await engine.Database.ExecuteAsync("alter table stories disable trigger swallow", TestEngine.Cancel);
        Assert.True((await ResumeAsync(engine, paused)).Done);
        await engine.Database.ExecuteAsync("alter table stories enable trigger swallow", TestEngine.Cancel);
        var again = (await engine.Services.GetRunner().RunAsync(paused.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Paused, ErrorCodes.DatabaseFull, calls), (again.Status, again.ReasonCode, engine.Provider.Counts.Calls));
        Assert.StartsWith($"The test update before the run goes on did not come through ({ErrorCodes.WriteSwallowed}).", again.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_changed_meanwhile_is_no_reason_not_to_resume_and_the_worker_says_it()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        var paused = await FillDiskAsync(engine);
        await engine.Database.ExecuteAsync("drop trigger full_disk on stories; alter table stories rename column embedding to vec", TestEngine.Cancel);

        Assert.True((await ResumeAsync(engine, paused)).Done);

        var held = (await engine.Services.GetRunner().RunAsync(paused.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Paused, ErrorCodes.RunDrift), (held.Status, held.ReasonCode));
    }

    [Fact]
    public async Task A_verification_goes_on_without_an_update()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync(Full, TestEngine.Cancel);
        var asked = await engine.Control.StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        // As a host holds what is enqueued while the database is read-only.
        await engine.Store.MoveAsync(asked, RunStatus.Paused, Actor.System, new(ErrorCodes.DatabaseReadOnly, RunFault.ReadOnly), TestEngine.Cancel);

        Assert.True((await ResumeAsync(engine, asked)).Done);
        Assert.Equal(Verdict.Verified, (await engine.Services.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!.Verdict);
        Assert.False(await engine.Database.ScalarAsync<bool>("select is_called from tries", TestEngine.Cancel));
    }

    /// <summary>Starts a backfill, fills the disk before its first page is written, and returns the run as it stands then.</summary>
    private static async Task<Run> FillDiskAsync(TestEngine engine)
    {
        var (asked, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(Full, TestEngine.Cancel);
        return await engine.Services.GetRunner().RunAsync(asked, lease, TestEngine.Cancel);
    }

    private static Task<CommandResult> ResumeAsync(TestEngine engine, Run run) => engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
}
