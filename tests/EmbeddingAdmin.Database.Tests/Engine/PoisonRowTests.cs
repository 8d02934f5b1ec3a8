using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>Rows that the database refuses: found one by one inside the transaction that writes all others.</summary>
public sealed class PoisonRowTests(AssemblyStack stack)
{
    private const string Secret = "Moonlight";

    public static TheoryData<string, string, string, int[]> Refusals => new()
    {
        { "a check constraint", "alter table stories add constraint no_sevens check (id % 40 <> 7 or embedding is null)", "23514", [7, 47, 87, 127] },
        { "a trigger that raises and quotes the row", $"create function f() returns trigger language plpgsql as $$ begin if new.id in (3, 4, 60) then raise exception 'No % for \"%\" (%)', new.title, new.content, new.genre; end if; return new; end $$; create trigger t before update on stories for each row execute function f()", "P0001", [3, 4, 60] },
        { "a trigger with a state of its own", "create function f() returns trigger language plpgsql as $$ begin if new.id = 100 then raise exception 'Not this one' using errcode = 'PT409'; end if; return new; end $$; create trigger t after update on stories for each row execute function f()", "PT409", [100] },
        { "a trigger whose data do not fit", "create function f() returns trigger language plpgsql as $$ begin if new.id = 1 then perform (new.title || 'x')::int; end if; return new; end $$; create trigger t before update on stories for each row execute function f()", "22P02", [1] },
        { "a right that a trigger lacks for one row", "create function f() returns trigger language plpgsql as $$ begin if new.id = 13 then raise insufficient_privilege; end if; return new; end $$; create trigger t before update on stories for each row execute function f()", "42501", [13] },
        { "a deferred constraint trigger", "create function f() returns trigger language plpgsql as $$ begin if new.id in (20, 120) and new.embedding is not null then raise exception 'Later: %', new.title; end if; return null; end $$; create constraint trigger t after update on stories deferrable initially deferred for each row execute function f()", "P0001", [20, 120] },
        { "an exclusion constraint", "create extension if not exists btree_gist; update stories set likes = 900 where id in (10, 11); alter table stories add constraint alone exclude using gist (likes with =) where (likes = 900 and embedding is not null)", "23P01", [11] },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task The_row_is_parked_with_its_state_and_every_other_is_written(string way, string sql, string state, int[] culprits)
    {
        Assert.NotEmpty(way);
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 130);
        await engine.Database.ExecuteAsync($"update stories set title = '{Secret} ' || id where id in ({string.Join(", ", culprits)})", TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(sql, TestEngine.Cancel);
        var others = await engine.OtherColumnsAsync();

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Null(ended.Reason);
        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (ended.Status, ended.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 130 - culprits.Length).Add(RowOutcome.Failed, culprits.Length), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        var listed = await engine.Ledger.ListedAsync(run.Id, 100, TestEngine.Cancel);
        Assert.Equal(culprits, listed.Select(row => int.Parse(row.Key)).Order());
        Assert.All(listed, row =>
        {
            Assert.Equal((RowOutcome.Failed, "database", state), (row.Outcome, row.Stage, row.Code));
            Assert.DoesNotContain(Secret, row.Message, StringComparison.OrdinalIgnoreCase);
            Assert.InRange(row.Message!.Length, 20, 200);
        });
        var parked = string.Join(", ", culprits);
        Assert.Empty(await engine.DifferencesAsync($"t.id not in ({parked})"));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>($"select count(embedding) from stories where id in ({parked})", TestEngine.Cancel));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>($"select count(*) from embedding_admin.stamp where row_key in ({string.Join(", ", culprits.Select(key => $"'{key}'"))})", TestEngine.Cancel));
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
        Assert.Null(await engine.Ledger.ImbalanceAsync(ended, TestEngine.Cancel));
    }

    [Fact]
    public async Task A_right_that_every_row_lacks_is_no_poison_and_blocks_the_run()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(
            "create function f() returns trigger language plpgsql as $$ begin raise insufficient_privilege; end $$; create trigger t before update on stories for each row execute function f()", TestEngine.Cancel);

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal(RunStatus.Errored, ended.Status);
        var (receipt, _) = await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel);
        Assert.Equal((0, 0), (receipt[RowOutcome.Failed], receipt[RowOutcome.Written]));
        Assert.True(receipt[RowOutcome.Blocked] > 0);
    }

    [Theory]
    [InlineData(49, 49, false)]
    [InlineData(50, 25, false)]
    [InlineData(50, 26, true)]
    [InlineData(60, 30, false)]
    [InlineData(60, 31, true)]
    public async Task More_than_half_of_at_least_50_rows_failing_stops_the_run(int rows, int failing, bool stops)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, rows, ("Backfill:BatchSize", "100"));
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync($"alter table stories add constraint few check (id > {failing} or embedding is null)", TestEngine.Cancel);

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal(stops ? (RunStatus.Errored, ErrorCodes.RunTooManyFailures) : (RunStatus.Succeeded, null), (ended.Status, ended.ReasonCode));
        Assert.Equal(failing, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[RowOutcome.Failed]);
    }

    [Fact]
    public async Task A_run_that_stopped_for_its_failures_goes_on_when_the_cause_is_settled()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync("alter table stories add constraint none check (id > 150 or embedding is null)", TestEngine.Cancel);
        Assert.Equal(ErrorCodes.RunTooManyFailures, (await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel)).ReasonCode);

        await engine.Database.ExecuteAsync("alter table stories drop constraint none", TestEngine.Cancel);
        await engine.Control.AskAsync(run.Id, RunAction.Retry, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (ended.Status, ended.Verdict, ended.Reason));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 200), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }
}
