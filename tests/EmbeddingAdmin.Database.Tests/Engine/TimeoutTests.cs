using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>What takes the server too long is tried with less, down to single rows and never for ever.</summary>
public sealed class TimeoutTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_write_that_takes_too_long_is_halved_until_it_goes_and_nothing_is_paid_twice()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200, ("Backfill:BatchSize", "100"));
        // 100 rows take two seconds, 25 half a one.
        await SlowUpdatesAsync(engine, "0.02");
        engine.Services.GetRequiredService<RunTasks>().Patience = new() { Statement = TimeSpan.FromSeconds(1.2) };
        var others = await engine.OtherColumnsAsync();

        var run = await engine.BackfillAsync(await engine.AcceptedAsync());

        await WellAsync(engine, run, Receipt.Empty.Add(RowOutcome.Written, 200));
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
        // The smaller size is remembered: pages in the ledger have no more rows than what went.
        Assert.InRange(await engine.Database.ScalarAsync<long>("select max(written) from embedding_admin.batch", TestEngine.Cancel), 1, 50);
    }

    [Fact]
    public async Task A_single_row_that_takes_too_long_is_failed_and_the_others_are_written()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await SlowUpdatesAsync(engine, "case when new.id = 17 then 30 else 0 end");
        // Long enough for each of the others on a busy machine.
        engine.Services.GetRequiredService<RunTasks>().Patience = new() { Statement = TimeSpan.FromSeconds(2.5) };

        var (started, lease) = await engine.Control.StartHereAsync(await engine.AcceptedAsync(), TestEngine.Operator, TestEngine.Cancel);
        var run = await engine.Services.GetRunner().RunAsync(started, lease, TestEngine.Cancel);

        await WellAsync(engine, run, Receipt.Empty.Add(RowOutcome.Written, 19).Add(RowOutcome.Failed));
        var row = Assert.Single(await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel));
        Assert.Equal(("17", "database", "57014"), (row.Key, row.Stage, row.Code));
        Assert.Empty(await engine.DifferencesAsync("t.id <> 17"));
    }

    [Fact]
    public async Task A_write_that_was_slow_makes_the_next_ones_smaller()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400, ("Backfill:BatchSize", "100"));
        await SlowUpdatesAsync(engine, "0.005");
        engine.Services.GetRequiredService<RunTasks>().Patience = new() { Slow = TimeSpan.FromSeconds(0.4) };

        var run = await engine.BackfillAsync(await engine.AcceptedAsync());

        await WellAsync(engine, run, Receipt.Empty.Add(RowOutcome.Written, 400));
        Assert.InRange(await engine.Database.ScalarAsync<long>("select written from embedding_admin.batch order by at desc limit 1", TestEngine.Cancel), 1, 50);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Theory]
    [InlineData(0.02, 0)]
    [InlineData(0.05, 3)]
    public async Task The_query_for_a_page_that_takes_too_long_goes_by_windows_of_the_key(double seconds, int filler)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120);
        await engine.BackfillAsync();
        // Only the last rows are out of date; to find them, every row's hash is computed, and each takes a while.
        await engine.Database.ExecuteAsync("update stories set content = 'edited since' where id in (2, 118, 119, 120)", TestEngine.Cancel);
        await engine.Database.ExecuteAsync($"update stories set likes = {filler}", TestEngine.Cancel);
        await using var slow = await SlowHashesAsync(engine, seconds);
        slow.GetRequiredService<RunTasks>().Patience = new() { Read = TimeSpan.FromSeconds(1) };
        var (started, lease) = await slow.GetControl().StartHereAsync(new(RunKind.Backfill, "stories") { Scope = [CoverageState.StaleText] }, TestEngine.Operator, TestEngine.Cancel);
        await SwitchAsync(engine, true);

        var run = await slow.GetRunner().RunAsync(started, lease, TestEngine.Cancel);

        await SwitchAsync(engine, false);
        await WellAsync(engine, run, Receipt.Empty.Add(RowOutcome.Written, 4));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_verify_run_reads_a_slow_table_with_less_at_a_time()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        await engine.BackfillAsync();
        await using var slow = await SlowHashesAsync(engine, 0.01);
        slow.GetRequiredService<RunTasks>().Patience = new() { Read = TimeSpan.FromSeconds(0.7) };
        var (started, lease) = await slow.GetControl().StartHereAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await SwitchAsync(engine, true);

        var run = await slow.GetRunner().RunAsync(started, lease, TestEngine.Cancel);

        await WellAsync(engine, run, Receipt.Empty.Add(RowOutcome.AlreadyCurrent, 100));
    }

    [Fact]
    public async Task A_table_of_which_not_even_a_row_can_be_read_in_time_ends_the_run_with_a_sentence()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);
        await using var slow = await SlowHashesAsync(engine, 5);
        slow.GetRequiredService<RunTasks>().Patience = new() { Read = TimeSpan.FromSeconds(0.2) };
        var (started, lease) = await slow.GetControl().StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await SwitchAsync(engine, true);

        var run = await slow.GetRunner().RunAsync(started, lease, TestEngine.Cancel);

        Assert.Equal((RunStatus.Errored, ErrorCodes.DatabaseTooBusy), (run.Status, run.ReasonCode));
        Assert.StartsWith("The database could not read a single row", run.Reason, StringComparison.Ordinal);
        Assert.Equal(0, engine.Provider.Counts.Calls);
    }

    [Fact]
    public async Task Write_transactions_are_short_and_none_is_open_while_the_provider_is_asked()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1000, ("Backfill:BatchSize", "200"));
        engine.Provider.Script.Latency = TimeSpan.FromMilliseconds(100);
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight == 4, TestEngine.Cancel);

        // All callers wait for the provider now; what there is of transactions is over in a moment.
        using (var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50)))
        {
            for (var quiet = 0; quiet < 5; quiet = await OldestAsync(engine) == 0 ? quiet + 1 : 0)
                await tick.WaitForNextTickAsync(TestEngine.Cancel);
        }

        engine.Provider.Script.Hang = false;
        var oldest = 0d;
        await engine.UntilAsync(run.Id, seen =>
        {
            oldest = Math.Max(oldest, OldestAsync(engine).GetAwaiter().GetResult());
            return seen.Run.Status.IsFinal();
        });
        // Two seconds where nothing else goes on.
        Assert.InRange(oldest, 0, 8);
    }

    private static Task<double> OldestAsync(TestEngine engine) => engine.Database.ScalarAsync<double>(
        "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity where application_name like 'EmbeddingAdmin/%' and state <> 'idle' and datname = current_database()", TestEngine.Cancel);

    private static Task SlowUpdatesAsync(TestEngine engine, string seconds) => engine.Database.ExecuteAsync(
        $"create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep({seconds}); return new; end $$; create trigger slow before update on stories for each row execute function slow()", TestEngine.Cancel);

    /// <summary>Another worker, for whose connections the hash of a text takes a while as soon as it is switched on.</summary>
    private static async Task<ServiceProvider> SlowHashesAsync(TestEngine engine, double seconds)
    {
        await engine.Database.ExecuteAsync(
            $"""
            create schema slow; create table slow.switch (is_on boolean); insert into slow.switch values (false);
            create function slow.sha256(bytea) returns bytea language plpgsql stable as
              $$ begin if (select is_on from slow.switch) then perform pg_sleep({seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)}); end if; return pg_catalog.sha256($1); end $$;
            alter database {engine.Database.Name} set search_path = slow, pg_catalog, public, extensions;
            """, TestEngine.Cancel);
        return engine.Another();
    }

    private static Task SwitchAsync(TestEngine engine, bool on) => engine.Database.ExecuteAsync($"update slow.switch set is_on = {on}", TestEngine.Cancel);

    private static async Task WellAsync(TestEngine engine, Run run, Receipt receipt)
    {
        Assert.Null(run.Reason);
        Assert.Equal((RunStatus.Succeeded, receipt.Verdict), (run.Status, run.Verdict));
        Assert.Equal(receipt, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Null(await engine.Ledger.ImbalanceAsync(run, TestEngine.Cancel));
    }
}
