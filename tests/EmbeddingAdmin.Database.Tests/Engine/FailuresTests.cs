using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class FailuresTests(AssemblyStack stack)
{
    private static readonly ScriptedAnswer Refusal = new(400, """{"error":{"message":"'$.input' is invalid. Please check the API reference.","type":"invalid_request_error"}}""");

    [Fact]
    public async Task Failures_are_grouped_counted_and_paged_by_the_database()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120);
        await engine.Database.ExecuteAsync("update stories set content = content || ' refused' where id % 10 = 3; update stories set content = repeat('word ', 80000) where id in (7, 8); insert into stories (title) values (null)", TestEngine.Cancel);
        engine.Provider.Script.Refuse(text => text.Contains(" refused", StringComparison.Ordinal), Refusal);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (run.Status, run.Verdict));
        var groups = await engine.Failures.GroupsAsync(run.Id, TestEngine.Cancel);
        Assert.Equal(
            [(RowOutcome.Failed, "provider", "400", true, 12L, "103"), (RowOutcome.TooLong, "provider", null, true, 2, "7"), (RowOutcome.EmptySource, null, null, false, 1, "121")],
            groups.Select(group => (group.Cause.Outcome, group.Cause.Stage, group.Cause.Code, group.IsFailure, group.Rows, group.Example.Key)));
        var first = await engine.Failures.RowsAsync(run.Id, groups[0].Cause, null, 5, TestEngine.Cancel);
        var second = await engine.Failures.RowsAsync(run.Id, groups[0].Cause, first[^1].Key, 50, TestEngine.Cancel);
        Assert.Equal((5, 7), (first.Count, second.Count));
        Assert.Equal(Enumerable.Range(0, 12).Select(n => (n * 10) + 3).Order(), first.Concat(second).Select(row => int.Parse(row.Key, System.Globalization.CultureInfo.InvariantCulture)).Order());
        Assert.DoesNotContain(first, row => row.Message?.Contains(" refused\n", StringComparison.Ordinal) == true);
        var all = new List<FailedRow>();
        await foreach (var row in engine.Failures.AllAsync(run.Id, TestEngine.Cancel))
            all.Add(row);
        Assert.Equal((14, 14), (all.Count, all.DistinctBy(row => row.Key).Count()));
        Assert.Equal([(run.Id, 14L)], (await engine.Failures.LatestAsync("stories", 10, TestEngine.Cancel)).Select(failed => (failed.Id, failed.Rows!.Value)));
        Assert.Empty(await engine.Failures.LatestAsync("others", 10, TestEngine.Cancel));
    }

    [Fact]
    public async Task One_cause_is_retried_and_the_others_stay_as_they_are()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await engine.Database.ExecuteAsync("update stories set content = content || ' refused' where id in (11, 22, 33); update stories set content = repeat('word ', 80000) where id in (7, 8)", TestEngine.Cancel);
        engine.Provider.Script.Refuse(text => text.Contains(" refused", StringComparison.Ordinal), Refusal);
        var first = await engine.BackfillAsync();
        engine.Provider.Script.TakeAll();

        var retry = await engine.BackfillAsync(new(RunKind.Backfill, "stories") { FailedIn = first.Id, FailedAs = new(RowOutcome.Failed, "provider", "400") });

        Assert.Equal((Verdict.Verified, 3L), (retry.Verdict, retry.ScopeRows));
        Assert.Equal(58, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync("t.id not in (7, 8)"));
        Assert.Equal(5, (await engine.Failures.GroupsAsync(first.Id, TestEngine.Cancel)).Sum(group => group.Rows));
        Assert.Contains(await engine.Events.OfRunAsync(retry.Id, 10, TestEngine.Cancel), happened => happened.Sentence.EndsWith($"failed in run {first.Id} (failed provider 400).", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retry_is_refused_while_another_run_holds_the_column_and_while_the_run_itself_is_working()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync("update stories set content = repeat('word ', 80000) where id = 7", TestEngine.Cancel);
        var first = await engine.BackfillAsync();
        var holder = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        StartRequest retry = new(RunKind.Backfill, "stories") { FailedIn = first.Id };

        var held = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(retry, TestEngine.Operator, TestEngine.Cancel));
        Assert.Equal(ErrorCodes.ColumnHeld, held.Code);
        Assert.StartsWith($"Run {holder.Id} (enqueued) holds this column since ", held.Message, StringComparison.Ordinal);
        var early = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(retry with { FailedIn = holder.Id }, TestEngine.Operator, TestEngine.Cancel));
        Assert.Equal(ErrorCodes.RunState, early.Code);

        await engine.Control.AskAsync(holder.Id, RunAction.Cancel, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal(1, (await engine.BackfillAsync(retry)).ScopeRows);
    }

    [Fact]
    public async Task An_event_names_no_owner_whole_and_no_key()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, ("Tables:0:Owner", "genre"));
        await engine.Database.ExecuteAsync("update stories set genre = 'somebody-whom-nobody-may-name'", TestEngine.Cancel);

        var run = await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Keys = ["13", "17"], Owner = "somebody-whom-nobody-may-name", Limit = 1000 });

        var asked = Assert.Single(await engine.Events.OfRunAsync(run.Id, 20, TestEngine.Cancel), happened => happened.Kind == "run.enqueued");
        Assert.Equal("tester asked for a backfill of stories: 2 rows by key, owner somebody…, first 1,000.", asked.Sentence);
    }
}
