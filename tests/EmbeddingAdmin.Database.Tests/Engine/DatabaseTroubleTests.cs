using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>What a database does to a run: it goes on by itself, or waits for somebody, and is never given up too soon.</summary>
public sealed class DatabaseTroubleTests(AssemblyStack stack)
{
    private const string CutOff =
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name like 'EmbeddingAdmin%'";

    [Fact]
    public async Task A_run_whose_connections_are_cut_goes_on_by_itself_and_writes_every_row_once()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400);
        var run = await engine.EnqueueSlowAsync(10);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);
        // Between two cuts a page may come through, so that whatever is written cuts itself off as well, until the run has given up once.
        await engine.Database.ExecuteAsync(
            """
            create function cut() returns trigger language plpgsql as
            $$ begin if not exists (select from embedding_admin.event where kind = 'run.interrupted') then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$;
            create trigger cut before update on stories for each row execute function cut()
            """, TestEngine.Cancel);
        await engine.HurryAsync(run.Id);

        // Longer than a writer tries again by itself, and shorter than a lease.
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(4))
        {
            await CutAsync(engine);
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, TestEngine.Cancel);
        }
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal((Verdict.Verified, 1), (ended.Run.Verdict, ended.Run.Attempt));
        Assert.True(await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'run.interrupted'", TestEngine.Cancel) > 0);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 400), ended.Receipt);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'run.errored'", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_run_that_is_interrupted_five_times_without_a_page_is_errored_and_a_retry_counts_anew()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);

        for (var times = 1; times <= 4; times++)
            Assert.Equal(RunStatus.Interrupted, await LoseAsync(engine, run.Id));
        // A page in between shows that it gets somewhere.
        await engine.Database.ExecuteAsync($"insert into embedding_admin.batch (run, no, pass) values ({run.Id}, 1, 0)", TestEngine.Cancel);
        for (var times = 1; times <= 4; times++)
            Assert.Equal(RunStatus.Interrupted, await LoseAsync(engine, run.Id));
        Assert.Equal(RunStatus.Errored, await LoseAsync(engine, run.Id));

        var stuck = (await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal(ErrorCodes.RunStuck, stuck.ReasonCode);
        Assert.StartsWith("The run was interrupted 5 times in a row and wrote no page in between.", stuck.Reason, StringComparison.Ordinal);
        await engine.Control.AskAsync(run.Id, RunAction.Retry, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal(RunStatus.Interrupted, await LoseAsync(engine, run.Id));
    }

    [Fact]
    public async Task A_read_only_database_pauses_the_run_which_is_written_down_and_commands_work()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400);
        var run = await engine.EnqueueSlowAsync(10);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);

        await RestrictAsync(engine, "on");
        var paused = await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused);
        Assert.Equal(ErrorCodes.DatabaseReadOnly, paused.Run.ReasonCode);
        Assert.StartsWith("The database is read-only. Nothing more was written", paused.Run.Reason, StringComparison.Ordinal);
        Assert.Contains("cannot pause", (await engine.Control.AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel)).Sentence, StringComparison.Ordinal);
        var early = await engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        Assert.StartsWith($"Run {run.Id} cannot go on yet. The database is read-only.", early.Sentence, StringComparison.Ordinal);

        await RestrictAsync(engine, "off", cut: false);
        await engine.HurryAsync(run.Id);
        await engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 400), ended.Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_retry_goes_on_from_the_cursor_also_when_its_first_page_fails()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 300);
        await engine.Database.ExecuteAsync(
            "create table ill (since bigint); insert into ill values (120); create function f() returns trigger language plpgsql as $$ begin if new.id > (select since from ill) then raise exception 'ill' using errcode = 'XX001'; end if; return new; end $$; "
            + "create trigger t before update on stories for each row execute function f()", TestEngine.Cancel);
        var (asked, lease) = await engine.Control.StartHereAsync(await engine.AcceptedAsync(), TestEngine.Operator, TestEngine.Cancel);
        var first = await engine.Services.GetRunner().RunAsync(asked, lease, TestEngine.Cancel);
        var written = await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel);
        Assert.Equal(RunStatus.Errored, first.Status);

        await engine.Control.AskAsync(asked.Id, RunAction.Retry, null, TestEngine.Operator, TestEngine.Cancel);
        var second = (await engine.Services.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Errored, 2, written), (second.Status, second.Attempt, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel)));

        await engine.Database.ExecuteAsync("update ill set since = 9999", TestEngine.Cancel);
        await engine.Control.AskAsync(asked.Id, RunAction.Retry, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = (await engine.Services.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!;
        Assert.Equal((Verdict.Verified, 3), (ended.Verdict, ended.Attempt));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 300), (await engine.Ledger.SumAsync(asked.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from (select first_value(last_key::bigint) over (order by no) from embedding_admin.batch where pass = 0) p(k) where k > 100", TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_password_that_is_refused_in_mid_run_is_said_and_not_tried_again_and_the_run_goes_on_elsewhere()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        var role = $"worker_of_{engine.Database.Name}";
        await engine.Database.ExecuteAsync($"drop role if exists {role}; create role {role} superuser login password 'right'", TestEngine.Cancel);
        await using (var worker = engine.Another(new NpgsqlConnectionStringBuilder(engine.Database.ConnectionString) { Username = role, Password = "right" }.ConnectionString))
        {
            engine.Provider.Script.Hang = true;
            var (run, lease) = await worker.GetControl().StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
            var driving = worker.GetRunner().RunAsync(run, lease, TestEngine.Cancel);
            await engine.Provider.Counts.WhenAsync(counts => counts.InFlight == 2, TestEngine.Cancel);
            // One after the other: whoever is cut off must not come back before the password is another.
            await engine.Database.ExecuteAsync($"alter role {role} password 'wrong'", TestEngine.Cancel);
            await engine.Database.ExecuteAsync($"select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '{role}'", TestEngine.Cancel);
            engine.Provider.Script.Hang = false;

            var left = await driving;

            Assert.Equal(RunStatus.Running, left.Status);
            Assert.NotNull(worker.GetRequiredService<DatabaseBrake>().Refusal);
            Assert.StartsWith("The database refused the user or its password.", worker.GetRequiredService<RunFeed>().Latest(run.Id)!.Progress.Waiting, StringComparison.Ordinal);
        }

        await engine.HostAsync();
        var ended = await engine.UntilAsync(1, seen => seen.Run.Status.IsFinal());
        Assert.Equal(Verdict.Verified, ended.Run.Verdict);
        Assert.Empty(await engine.DifferencesAsync());
        await engine.Database.ExecuteAsync($"drop role {role}", TestEngine.Cancel);
    }

    private static async Task<RunStatus> LoseAsync(TestEngine engine, long run)
    {
        Assert.NotNull(await engine.Store.Leases.TakeAsync(run, TestEngine.Operator, TestEngine.Cancel));
        await engine.Database.ExecuteAsync("update embedding_admin.run_lease set until = clock_timestamp() - interval '1 second'", TestEngine.Cancel);
        var settled = Assert.Single(await engine.Store.Leases.SettleAbandonedAsync(TestEngine.Cancel)).Status;
        if (settled == RunStatus.Interrupted)
            Assert.Equal(RunStatus.Enqueued, Assert.Single(await engine.Store.Leases.SettleAbandonedAsync(TestEngine.Cancel)).Status);
        return settled;
    }

    private async Task RestrictAsync(TestEngine engine, string onOrOff, bool cut = true)
    {
        await using var admin = new NpgsqlConnection(stack.Postgres.AdminConnectionString);
        await admin.OpenAsync(TestEngine.Cancel);
        await using var restrict = new NpgsqlCommand($"alter database {engine.Database.Name} set default_transaction_read_only = {onOrOff}", admin);
        await restrict.ExecuteNonQueryAsync(TestEngine.Cancel);
        if (cut)
            await CutAsync(engine);
    }

    /// <summary>Cuts every connection of the engine; those that lie idle are replaced, so that the test's own questions are answered.</summary>
    private static async Task CutAsync(TestEngine engine)
    {
        await engine.Database.ExecuteAsync(CutOff, TestEngine.Cancel);
        engine.Services.GetRequiredService<NpgsqlDataSource>().Clear();
    }
}
