using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class LeaseTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_program_that_freezes_over_a_runs_record_holds_it_for_ten_seconds_at_most()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);
        await using var connection = await engine.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(TestEngine.Cancel);
        await using (await RunMove.BeginAsync(connection, TestEngine.Cancel))
            Assert.Equal("10s", await TimeoutAsync());
        Assert.Equal("0", await TimeoutAsync());

        async Task<string?> TimeoutAsync()
        {
            await using var command = new NpgsqlCommand("show idle_in_transaction_session_timeout", connection);
            return (string?)await command.ExecuteScalarAsync(TestEngine.Cancel);
        }
    }

    [Fact]
    public async Task A_worker_whose_lease_is_somebody_elses_writes_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var batch = await BatchAsync(engine, run, 1, 1, 10);
        await engine.Database.ExecuteAsync("update embedding_admin.run_lease set token = token + 1", TestEngine.Cancel);

        await Assert.ThrowsAsync<LeaseLostException>(async () => await (await WriterAsync(engine, run)).WriteAsync(batch, lease, TestEngine.Cancel));

        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select (select count(*) from embedding_admin.batch) + (select count(*) from embedding_admin.stamp)", TestEngine.Cancel));
        Assert.False(await engine.Store.Leases.RenewAsync(lease, TestEngine.Cancel));
    }

    [Fact]
    public async Task A_lease_that_ran_out_by_the_databases_clock_writes_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync("update embedding_admin.run_lease set until = clock_timestamp() - interval '1 ms'", TestEngine.Cancel);

        await Assert.ThrowsAsync<LeaseLostException>(async () => await (await WriterAsync(engine, run)).WriteAsync(await BatchAsync(engine, run, 1, 1, 10), lease, TestEngine.Cancel));
    }

    [Fact]
    public async Task Renewing_never_waits_for_an_open_write_and_taking_over_does()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await using var session = await TableSession.OpenAsync(engine.Database.DataSource, TimeSpan.FromSeconds(8), TestEngine.Cancel);
        await lease.FenceAsync(session, TestEngine.Cancel);

        await using (var renewal = engine.Database.DataSource.CreateCommand("set lock_timeout = '1ms'; update embedding_admin.run_lease set until = clock_timestamp() + interval '15 s'"))
            Assert.Equal(1, await renewal.ExecuteNonQueryAsync(TestEngine.Cancel));
        await using var takeover = engine.Database.DataSource.CreateCommand("set lock_timeout = '1ms'; update embedding_admin.run_lease set token = token + 1");
        var waits = await Assert.ThrowsAsync<PostgresException>(() => takeover.ExecuteNonQueryAsync(TestEngine.Cancel));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, waits.SqlState);
    }

    [Fact]
    public async Task The_heartbeat_waits_for_no_lock_under_two_saturated_writers()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 2000);
        // Each statement holds its page for a while, so that both writers are in a transaction nearly all the time.
        await engine.Database.ExecuteAsync(
            "create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return new; end $$; create trigger slow before update on stories for each row execute function slow()",
            TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(await engine.AcceptedAsync(), TestEngine.Operator, TestEngine.Cancel);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        var sampling = SampleAsync(engine, run.Id, done.Token);

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        await done.CancelAsync();
        var (samples, renewals, waits) = await sampling;
        // How late a heartbeat is, a busy machine decides as well; the writers must have no part in it.
        Assert.Equal((RunStatus.Succeeded, 0), (ended.Status, waits));
        Assert.True(samples > 10 && renewals > 0, $"{samples} samples, {renewals} renewals");
    }

    [Fact]
    public async Task A_page_that_commits_before_an_earlier_one_does_not_move_the_cursor_past_it()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var writer = await WriterAsync(engine, run);

        await writer.WriteAsync(await BatchAsync(engine, run, 1, 1, 10), lease, TestEngine.Cancel);
        await writer.WriteAsync(await BatchAsync(engine, run, 3, 21, 30), lease, TestEngine.Cancel);
        var behind = await engine.Ledger.CursorAsync(run.Id, TestEngine.Cancel);
        Assert.Equal(("10", 2, 4), (behind.AfterKey, behind.Numbers.Next(), behind.Numbers.Next()));

        await writer.WriteAsync(await BatchAsync(engine, run, 2, 11, 20), lease, TestEngine.Cancel);
        var ahead = await engine.Ledger.CursorAsync(run.Id, TestEngine.Cancel);
        Assert.Equal(("30", false, 4), (ahead.AfterKey, ahead.Numbers.HasGaps, ahead.Numbers.Next()));
    }

    [Fact]
    public async Task A_page_that_is_written_twice_counts_once()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var writer = await WriterAsync(engine, run);
        var batch = await BatchAsync(engine, run, 1, 1, 10);

        await writer.WriteAsync(batch, lease, TestEngine.Cancel);
        await writer.WriteAsync(batch, lease, TestEngine.Cancel);

        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 10), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
    }

    [Fact]
    public async Task What_a_dead_worker_committed_and_had_not_read_back_is_read_back_by_the_next()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var writer = await WriterAsync(engine, run);
        await writer.WriteAsync(await BatchAsync(engine, run, 1, 1, 10), lease, TestEngine.Cancel);
        // As if the worker had died between commit and read-back; meanwhile one vector was taken away and one row deleted.
        await engine.Database.ExecuteAsync(
            "update embedding_admin.batch set unverified = 10, written = 0; update stories set embedding = null where id = 4; delete from stories where id = 9", TestEngine.Cancel);

        var change = await writer.ReadBackAsync(lease, TestEngine.Cancel);

        Assert.Equal(Receipt.Empty.Add(RowOutcome.Unverified, -10).Add(RowOutcome.Written, 8).Add(RowOutcome.Reverted).Add(RowOutcome.Deleted), change);
        Assert.Equal(
            Receipt.Empty.Add(RowOutcome.Written, 8).Add(RowOutcome.Reverted).Add(RowOutcome.Deleted), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
    }

    private static async Task<PostgresWriter> WriterAsync(TestEngine engine, Run run) =>
        new(engine.Services.GetRequiredService<NpgsqlDataSource>(), await engine.TargetAsync(), run.VectorColumn, run.Attempt, TimeProvider.System);

    private static async Task<WriteBatch> BatchAsync(TestEngine engine, Run run, int no, int from, int to)
    {
        var target = await engine.TargetAsync();
        var rows = new List<VectorRow>();
        await using var command = engine.Database.DataSource.CreateCommand($"select t.id::text, {target.Text.Expression}, {target.Text.Hash} from stories t where t.id between {from} and {to} order by t.id");
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        while (await reader.ReadAsync(TestEngine.Cancel))
            rows.Add(new(reader.GetString(0), reader.GetFieldValue<byte[]>(2), Testing.Oracle.Vector(reader.GetString(1), TestEngine.Dimensions)));
        var provider = engine.Services.GetRequiredService<ProviderSource>().For(TestEngine.Dimensions);
        return new WriteBatch
        {
            No = no, Pass = 0, LastKey = $"{to}", Rows = rows, Settled = [], Overwrite = false, Charge = Charge.None,
            MadeFrom = await engine.Services.GetRequiredService<StampBook>().OriginAsync(provider.Model, target.Text.Recipe, TestEngine.Cancel),
        };
    }

    private static async Task<(int Samples, int Renewals, int Waits)> SampleAsync(TestEngine engine, long run, CancellationToken done)
    {
        var (samples, waits, ends) = (0, 0, new HashSet<DateTime>());
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            while (await tick.WaitForNextTickAsync(done))
            {
                await using var command = engine.Database.DataSource.CreateCommand(
                    $"""
                    select l.until, exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'update embedding_admin.run_lease %')
                      from embedding_admin.run_lease l join embedding_admin.run r on r.id = l.run where r.id = {run} and r.status = 'running'
                    """);
                await using var reader = await command.ExecuteReaderAsync(done);
                if (!await reader.ReadAsync(done))
                    continue;
                samples++;
                ends.Add(reader.GetDateTime(0));
                waits += reader.GetBoolean(1) ? 1 : 0;
            }
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested)
        {
            // The run has ended.
        }

        return (samples, ends.Count - 1, waits);
    }
}
