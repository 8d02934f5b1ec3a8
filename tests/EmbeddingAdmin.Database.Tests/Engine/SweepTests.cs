using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>A run is done when a whole sweep finds nothing, or says what it did not come to.</summary>
public sealed class SweepTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_lower_key_that_commits_late_is_found()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 150, ("Embeddings:Concurrency", "1"));
        // It takes a lower key than any, and its transaction stays open while the run passes it.
        await using var app = await engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using var late = await app.BeginTransactionAsync(TestEngine.Cancel);
        await using (var insert = new NpgsqlCommand("insert into stories (id, title) overriding system value values (-7, 'a lower key that commits late')", app, late))
            await insert.ExecuteNonQueryAsync(TestEngine.Cancel);
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.Calls >= 1, TestEngine.Cancel);
        await late.CommitAsync(TestEngine.Cancel);
        engine.Provider.Script.Hang = false;

        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((150L, 1L, Receipt.Empty.Add(RowOutcome.Written, 151)), (ended.Run.ScopeRows, ended.Arrived, ended.Receipt));
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Null(await engine.Ledger.ImbalanceAsync(ended.Run, TestEngine.Cancel));
    }

    [Fact]
    public async Task What_comes_faster_than_three_sweeps_is_counted_as_not_attempted_and_nothing_is_called_verified()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        // Every write makes a new row under a lower key.
        await engine.Database.ExecuteAsync(
            """
            create sequence lower_keys increment -1 start -1;
            create function more() returns trigger language plpgsql as $$ begin insert into stories (id, title) overriding system value values (nextval('lower_keys'), 'one more ' || new.id); return null; end $$;
            """, TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync("create trigger more after update on stories for each row execute function more()", TestEngine.Cancel);

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        var snapshot = (await engine.Store.SnapshotAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Succeeded, Verdict.NotVerified), (ended.Status, ended.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 80).Add(RowOutcome.NotAttempted, 20), snapshot.Receipt);
        Assert.Equal((20L, 80L), (ended.ScopeRows, snapshot.Arrived));
        Assert.Equal(20, await engine.Database.ScalarAsync<long>("select count(*) from stories where embedding is null", TestEngine.Cancel));
        Assert.Null(await engine.Ledger.ImbalanceAsync(ended, TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync("t.embedding is not null"));
    }

    [Fact]
    public async Task A_row_whose_vector_the_app_takes_away_during_the_run_is_written_again_and_counts_once()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400);
        var run = await engine.EnqueueSlowAsync(10);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] >= 25);

        await engine.Database.ExecuteAsync("update stories set content = 'edited after it was written', embedding = null where id = 3", TestEngine.Cancel);
        await engine.HurryAsync(run.Id);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Null(ended.Run.Reason);
        Assert.Equal((Verdict.Verified, Receipt.Empty.Add(RowOutcome.Written, 400)), (ended.Run.Verdict, ended.Receipt));
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Null(await engine.Ledger.ImbalanceAsync(ended.Run, TestEngine.Cancel));
    }

    [Fact]
    public async Task A_limit_is_not_exceeded_by_sweeps_and_splits_and_an_edited_row_of_it_is_still_taken()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200);
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories") { Limit = 70 }, TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.Calls >= 2, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(
            "update stories set content = 'edited meanwhile' where id = 12; insert into stories (id, title) overriding system value values (-5, 'not of the first seventy')", TestEngine.Cancel);
        engine.Provider.Script.Hang = false;

        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((Verdict.Verified, Receipt.Empty.Add(RowOutcome.Written, 70)), (ended.Run.Verdict, ended.Receipt));
        Assert.Equal(70, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(embedding) from stories where id = 12", TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync("t.embedding is not null"));
    }

    [Theory]
    [InlineData("update embedding_admin.batch set written = written + 1 where no = 1", "are stamped by this run")]
    [InlineData("update embedding_admin.batch set failed = failed + 1 where no = 1", "are listed")]
    [InlineData("delete from embedding_admin.batch where no = 1", "that it dealt with")]
    public async Task A_ledger_that_does_not_add_up_is_said(string damage, string words)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        var run = await engine.BackfillAsync();
        Assert.Null(await engine.Ledger.ImbalanceAsync(run, TestEngine.Cancel));

        await engine.Database.ExecuteAsync(damage, TestEngine.Cancel);

        Assert.Contains(words, await engine.Ledger.ImbalanceAsync(run, TestEngine.Cancel), StringComparison.Ordinal);
    }
}
