using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class BackfillTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_backfill_writes_every_rows_own_vector_and_nothing_else()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 730);
        await engine.Database.ExecuteAsync("insert into stories (title, content) values (null, null), ('', E' \\t\\n'), (null, '')", TestEngine.Cancel);
        var others = await engine.OtherColumnsAsync();

        var run = await engine.BackfillAsync();

        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Equal(Verdict.Verified, run.Verdict);
        var (receipt, tokens) = await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 730).Add(RowOutcome.EmptySource, 3), receipt);
        Assert.Equal(733, run.ScopeRows);
        Assert.True(tokens > 0);
        Assert.Empty(await engine.DifferencesAsync("t.content ~ '\\S' or t.title ~ '\\S'"));
        Assert.Equal(3, await engine.Database.ScalarAsync<long>("select count(*) from stories where embedding is null", TestEngine.Cancel));
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);

        var coverage = await engine.CoverageAsync();
        Assert.Equal((733L, 730L, 1d), (coverage.Total, coverage.Embedded, coverage.Share));
        Assert.Equal(730, coverage.States[CoverageState.Fresh]);
        Assert.Equal(3, coverage.States[CoverageState.EmptySource]);
    }

    [Fact]
    public async Task Ten_thousand_natural_texts_go_end_to_end()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10_000, ("Backfill:BatchSize", "500"), ("Embeddings:BatchSize", "256"));
        var others = await engine.OtherColumnsAsync();

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (run.Status, run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 10_000), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
        var verified = await engine.VerifyAsync();
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (verified.Status, verified.Verdict));
    }

    [Fact]
    public async Task A_runs_statements_bear_its_number_in_the_servers_list_of_activities()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await engine.Database.ExecuteAsync(
            """
            create table seen (name text);
            create function see() returns trigger language plpgsql as $$ begin insert into seen values (current_setting('application_name')); return new; end $$;
            create trigger see before update on stories for each row execute function see();
            """,
            TestEngine.Cancel);

        var run = await engine.BackfillAsync(await engine.AcceptedAsync());

        // The probe before the start was rolled back with what it left here.
        Assert.Equal($"EmbeddingAdmin/{run.Id}", await engine.Database.ScalarAsync<string>("select string_agg(distinct name, ', ') from seen", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_limit_takes_so_many_rows_and_a_second_run_takes_the_rest()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120);

        var first = await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Limit = 70 });
        Assert.Null(first.Reason);
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (first.Status, first.Verdict));
        Assert.Equal(70, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));

        var second = await engine.BackfillAsync();
        var (receipt, _) = await engine.Ledger.SumAsync(second.Id, TestEngine.Cancel);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 50), receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_row_that_is_edited_between_reading_and_writing_gets_the_vector_of_its_new_text()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.Calls >= 2, TestEngine.Cancel);

        await engine.Database.ExecuteAsync("update stories set content = 'edited meanwhile' where id in (3, 77); delete from stories where id = 50", TestEngine.Cancel);
        engine.Provider.Script.Hang = false;
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal(Verdict.Verified, ended.Run.Verdict);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 99).Add(RowOutcome.Deleted), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task Rows_that_arrive_behind_the_cursor_are_found_by_the_sweep()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.Calls >= 2, TestEngine.Cancel);

        await engine.Database.ExecuteAsync("insert into stories (id, title) overriding system value values (-5, 'a lower key that committed late')", TestEngine.Cancel);
        engine.Provider.Script.Hang = false;
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((100L, 101L), (ended.Run.ScopeRows, ended.Done));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_text_that_the_provider_refuses_is_found_by_halves_and_the_others_are_written()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 16);
        var refusal = new Testing.Provider.ScriptedAnswer(400, """{"error":{"message":"'$.input' is invalid. Please check the API reference.","type":"invalid_request_error"}}""");
        var fine = new Testing.Provider.ScriptedAnswer();
        // 16 fail, then the first 8 fail, then 4 fail, 2 fail, the first one fails alone; everything else is taken.
        engine.Provider.Script.Next(refusal, refusal, refusal, refusal, refusal, fine);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (run.Status, run.Verdict));
        var failed = Assert.Single(await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel));
        Assert.Equal(("1", RowOutcome.Failed, "provider", "400"), (failed.Key, failed.Outcome, failed.Stage, failed.Code));
        Assert.Empty(await engine.DifferencesAsync("t.id <> 1"));
        Assert.Null(await engine.Database.ScalarAsync<string>("select embedding::text from stories where id = 1", TestEngine.Cancel));
        Assert.True(engine.Provider.Counts.Calls <= (2 * 4) + 1, $"{engine.Provider.Counts.Calls} calls");
    }
}
