using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>The app comes first: rows that it has locked wait, the others do not, and nothing is paid twice.</summary>
public sealed class LockTests(AssemblyStack stack)
{
    private static readonly DatabasePatience Short = new() { Lock = TimeSpan.FromMilliseconds(100), Locked = TimeSpan.FromSeconds(1.5) };

    [Fact]
    public async Task Locked_rows_wait_while_the_others_are_written_and_follow_when_they_are_free()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200);
        engine.Services.GetRequiredService<RunTasks>().Patience = Short with { Locked = TimeSpan.FromMinutes(5) };
        var others = await engine.OtherColumnsAsync();
        await using var app = await AppAsync(engine, "select from stories where id in (3, 4, 120) for update");
        await engine.HostAsync();

        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var busy = await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] == 197
            && seen.Progress.Waiting?.StartsWith("Waiting for the database: the app has locked 3 rows.", StringComparison.Ordinal) == true);

        Assert.Equal(RunStatus.Running, busy.Run.Status);
        await app.DisposeAsync();
        await WellAsync(engine, (await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal())).Run, Receipt.Empty.Add(RowOutcome.Written, 200));
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
    }

    [Fact]
    public async Task Rows_that_stay_locked_are_failed_after_the_patience_and_retried_by_the_next_run()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120);
        engine.Services.GetRequiredService<RunTasks>().Patience = Short;
        await using var app = await AppAsync(engine, "update stories set likes = 1 where id in (50, 51)");

        var run = await engine.BackfillAsync();

        await WellAsync(engine, run, Receipt.Empty.Add(RowOutcome.Written, 118).Add(RowOutcome.Failed, 2));
        Assert.All(await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel), row =>
        {
            Assert.Equal(("database", "55P03"), (row.Stage, row.Code));
            Assert.Matches(@"^The app held a lock on this row for \d+ s\. Nothing was written to it\.", row.Message);
        });
        Assert.Empty(await engine.DifferencesAsync("t.id not in (50, 51)"));
        await app.DisposeAsync();
        var next = await engine.BackfillAsync();
        await WellAsync(engine, next, Receipt.Empty.Add(RowOutcome.Written, 2));
    }

    [Fact]
    public async Task A_text_that_is_edited_while_the_write_waits_for_the_apps_lock_gets_the_new_texts_vector()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        engine.Services.GetRequiredService<RunTasks>().Patience = new() { Lock = TimeSpan.FromSeconds(20) };
        await using var app = await AppAsync(engine, "update stories set content = 'edited under the lock' where id = 30");
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await WaitingAsync(engine);

        await app.CommitAsync();
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        await WellAsync(engine, ended.Run, Receipt.Empty.Add(RowOutcome.Written, 60));
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.batch where changed = 1", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_row_that_is_deleted_and_made_anew_or_renamed_under_the_run_ends_with_its_own_vector()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.Calls >= 2, TestEngine.Cancel);

        await engine.Database.ExecuteAsync(
            """
            delete from stories where id in (10, 11);
            insert into stories (id, title) overriding system value values (10, 'another story under the same key');
            alter table stories alter column id drop identity;
            update stories set id = -20 where id = 20;
            """, TestEngine.Cancel);
        engine.Provider.Script.Hang = false;
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        // 10 was edited, so to speak; 11 is gone; 20 is gone and −20 has come.
        await WellAsync(engine, ended.Run, Receipt.Empty.Add(RowOutcome.Written, 99).Add(RowOutcome.Deleted, 2));
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(1, ended.Arrived);
    }

    [Fact]
    public async Task A_lock_on_the_whole_table_is_waited_for_and_charges_no_row()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        engine.Services.GetRequiredService<RunTasks>().Patience = Short;
        engine.Provider.Script.Hang = true;
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var running = engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.Calls >= 2, TestEngine.Cancel);
        await using var app = await AppAsync(engine, "lock table stories in access exclusive mode");
        engine.Provider.Script.Hang = false;

        var ended = await running;

        Assert.Equal((RunStatus.Errored, ErrorCodes.DatabaseTooBusy), (ended.Status, ended.ReasonCode));
        Assert.Empty(await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel));
        await app.DisposeAsync();
        await engine.Control.AskAsync(run.Id, RunAction.Retry, null, TestEngine.Operator, TestEngine.Cancel);
        await WellAsync(engine, (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!, Receipt.Empty.Add(RowOutcome.Written, 100));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_lock_that_a_trigger_runs_into_is_traced_to_its_rows()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 40);
        engine.Services.GetRequiredService<RunTasks>().Patience = Short;
        await engine.Database.ExecuteAsync(
            """
            create table counters (id int primary key, n int not null default 0); insert into counters select generate_series(0, 3);
            create function f() returns trigger language plpgsql as $$ begin if new.id in (5, 33) then update counters set n = n + 1 where id = 1; end if; return new; end $$;
            create trigger t before update on stories for each row execute function f();
            """, TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(await engine.AcceptedAsync(), TestEngine.Operator, TestEngine.Cancel);
        await using var app = await AppAsync(engine, "update counters set n = 9 where id = 1");

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        await WellAsync(engine, ended, Receipt.Empty.Add(RowOutcome.Written, 38).Add(RowOutcome.Failed, 2));
        Assert.Equal(["33", "5"], (await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel)).Select(row => row.Key).Order(StringComparer.Ordinal));
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
    }

    [Fact]
    public async Task Deadlocks_with_the_app_lose_no_row()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        // The app locks pairs of rows in the other order, again and again.
        var app = Task.Run(async () =>
        {
            var victims = 0;
            for (var i = 0; !done.IsCancellationRequested; i = (i + 7) % 395)
            {
                await using var connection = await engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
                await using var pair = new NpgsqlCommand($"begin; update stories set likes = likes + 1 where id = {i + 5}; select pg_sleep(0.01); update stories set likes = likes + 1 where id = {i + 1}; commit", connection);
                try
                {
                    await pair.ExecuteNonQueryAsync(TestEngine.Cancel);
                }
                catch (PostgresException victim) when (victim.SqlState == PostgresErrorCodes.DeadlockDetected)
                {
                    victims++;
                }
            }

            return victims;
        }, TestEngine.Cancel);

        var run = await engine.BackfillAsync();

        await done.CancelAsync();
        await app;
        await WellAsync(engine, run, Receipt.Empty.Add(RowOutcome.Written, 400));
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
    }

    private static async Task<AppTransaction> AppAsync(TestEngine engine, string sql)
    {
        var connection = await engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        var transaction = await connection.BeginTransactionAsync(TestEngine.Cancel);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(TestEngine.Cancel);
        return new(connection, transaction);
    }

    /// <summary>Waits until a statement of the run waits for a lock.</summary>
    private static async Task WaitingAsync(TestEngine engine)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await engine.Database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and application_name like 'EmbeddingAdmin/%'", TestEngine.Cancel) == 0)
            await tick.WaitForNextTickAsync(TestEngine.Cancel);
    }

    private static async Task WellAsync(TestEngine engine, Run run, Receipt receipt)
    {
        Assert.Null(run.Reason);
        Assert.Equal((RunStatus.Succeeded, receipt.Verdict), (run.Status, run.Verdict));
        Assert.Equal(receipt, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Null(await engine.Ledger.ImbalanceAsync(run, TestEngine.Cancel));
    }

    private sealed class AppTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public Task CommitAsync() => transaction.CommitAsync(TestEngine.Cancel);

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
