using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class HostTests(AssemblyStack stack)
{
    [Fact]
    public async Task Two_hosts_share_the_runs_and_each_run_is_driven_once()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 500);
        await engine.BackfillAsync();
        var other = engine.Another();
        var runs = new List<long>();
        for (var n = 0; n < 14; n++)
        {
            var run = await engine.Control.StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
            await engine.Control.SetPaceAsync(run.Id, 1, TestEngine.Operator, TestEngine.Cancel);
            runs.Add(run.Id);
        }

        await Task.WhenAll(engine.HostAsync(), engine.HostAsync(other));
        // One host works on ten at most.
        await engine.UntilSqlAsync("select count(*) = 14 from embedding_admin.run where status = 'running'");
        foreach (var run in runs)
        {
            await engine.Control.SetPaceAsync(run, null, TestEngine.Operator, TestEngine.Cancel);
            Assert.Equal(RunStatus.Succeeded, (await engine.UntilAsync(run, seen => seen.Run.Status.IsFinal())).Run.Status);
        }

        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select max(token) from embedding_admin.run_lease", TestEngine.Cancel));
        // A run's ticks are published where it is driven; this host has heard of nothing else.
        Assert.InRange(runs.Count(run => other.GetRequiredService<RunFeed>().Latest(run) is not null), 4, 10);
    }

    [Fact]
    public async Task A_run_whose_worker_vanished_is_written_on_by_another_host_within_30_s()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200);
        await engine.HostAsync();
        await engine.HostAsync();
        var before = TimeProvider.System.GetTimestamp();
        var (run, _) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);

        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);
        // A machine that has to do with other things as well is given twice the time.
        Assert.InRange(TimeProvider.System.GetElapsedTime(before), RunLease.Length, 2 * TimeSpan.FromSeconds(30));

        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 200), ended.Receipt);
        Assert.Equal(2, await engine.Database.ScalarAsync<long>("select token from embedding_admin.run_lease", TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_call_too_many_finds_the_run_taken_and_a_lost_one_is_made_again()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 500);
        var run = await engine.EnqueueSlowAsync(5);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Running);
        var jobs = engine.Services.GetRequiredService<RunJobs>();

        await jobs.CallAsync([run.Id], TestEngine.Cancel);
        await engine.UntilSqlAsync("select not exists (select from embedding_admin.qrtz_triggers where trigger_group = 'runs' and trigger_state in ('WAITING', 'ACQUIRED'))");
        await engine.Control.AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused);
        await engine.UntilSqlAsync("select not exists (select from embedding_admin.qrtz_fired_triggers)");
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'run.running'", TestEngine.Cancel));

        await jobs.RemoveAsync([run.Id], TestEngine.Cancel);
        await engine.HurryAsync(run.Id);
        await engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 500), ended.Receipt);
        Assert.Equal(2, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'run.running'", TestEngine.Cancel));
    }

    [Fact]
    public async Task The_jobs_of_runs_that_have_ended_are_removed()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        // It ends only when its job was seen.
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.UntilSqlAsync("select count(*) = 1 from embedding_admin.qrtz_job_details where is_durable and requests_recovery");
        engine.Provider.Script.Hang = false;
        await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        await engine.UntilSqlAsync("select not exists (select from embedding_admin.qrtz_job_details where job_group = 'runs') and not exists (select from embedding_admin.qrtz_triggers where trigger_group = 'runs')");
    }

    [Fact]
    public async Task A_dashboard_alone_drives_nothing_and_settles_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10, ("Role", "dashboard"));
        var (abandoned, _) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync("update embedding_admin.run_lease set until = clock_timestamp() - interval '1 minute'", TestEngine.Cancel);
        var waiting = await engine.Control.StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);

        await engine.HostAsync();
        await engine.UntilSqlAsync("select count(*) = 1 from embedding_admin.qrtz_triggers where trigger_group = 'runs' and trigger_state = 'WAITING'");
        Assert.Equal((RunStatus.Running, RunStatus.Enqueued), (await StatusAsync(engine, abandoned.Id), await StatusAsync(engine, waiting.Id)));

        await engine.HostAsync(engine.Another(null, ("Role", "worker")));
        await engine.UntilAsync(waiting.Id, seen => seen.Run.Status == RunStatus.Succeeded);
        await engine.UntilAsync(abandoned.Id, seen => seen.Run.Status == RunStatus.Succeeded);
    }

    [Fact]
    public async Task A_role_that_may_not_make_the_schedulers_tables_is_told_so()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        var role = $"guest_{Guid.NewGuid():N}";
        await engine.Database.ExecuteAsync($"create role {role} login password 'guest'; grant usage on schema embedding_admin to \"{role}\"", TestEngine.Cancel);
        try
        {
            await using var guest = DatabaseConnection.Open(new NpgsqlConnectionStringBuilder(engine.Database.ConnectionString) { Username = role, Password = "guest" }.ConnectionString);
            var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => RunJobs.RequireRightAsync(guest, TestEngine.Cancel));
            Assert.Equal(ErrorCodes.Grant, refused.Code);
            Assert.Contains($"grant create on schema embedding_admin to \"{role}\"", refused.Message, StringComparison.Ordinal);

            await engine.HostAsync();
            await engine.UntilSqlAsync($"select count(*) = {RunJobs.Tables} from pg_tables where schemaname = 'embedding_admin' and tablename like 'qrtz\\_%'");
            await RunJobs.RequireRightAsync(guest, TestEngine.Cancel);
        }
        finally
        {
            await engine.Database.ExecuteAsync($"drop owned by {role}; drop role {role}", TestEngine.Cancel);
        }
    }

    [Fact]
    public async Task Whoever_holds_the_schedulers_lock_and_freezes_is_put_out_by_the_server()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        await engine.HostAsync();
        await engine.UntilSqlAsync("select exists (select from embedding_admin.qrtz_locks where lock_name = 'STATE_ACCESS')");
        await using var connection = await engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using var transaction = await connection.BeginTransactionAsync(TestEngine.Cancel);
        await using (var take = new NpgsqlCommand(RunJobs.LockSql.Replace("{0}", RunJobs.TablePrefix, StringComparison.Ordinal), connection, transaction))
        {
            take.Parameters.AddWithValue("schedulerName", "embedding-admin");
            take.Parameters.AddWithValue("lockName", "STATE_ACCESS");
            await take.ExecuteNonQueryAsync(TestEngine.Cancel);
        }

        await using var show = new NpgsqlCommand("show idle_in_transaction_session_timeout", connection, transaction);
        Assert.Equal("10s", await show.ExecuteScalarAsync(TestEngine.Cancel));
    }

    private static async Task<RunStatus> StatusAsync(TestEngine engine, long run) => (await engine.Store.FindAsync(run, TestEngine.Cancel))!.Status;
}
