using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Survival;

/// <summary>What the server's own list of activities says of our transactions, looked at every few milliseconds while a run goes on.</summary>
public sealed class TransactionTests(AssemblyStack stack)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(3);

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    // In seconds: sooner than the server itself would end a transaction that stands idle.
    private const double MostIdle = 8;

    // Long beside whatever a busy machine does to the pauses between two statements.
    private static readonly TimeSpan ProviderLatency = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task Write_transactions_stay_under_two_seconds_at_the_99th_percentile()
    {
        // Pages so small that two seconds are far away, and so many that one which the machine held up is less than one in a hundred.
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1200, ("Backfill:BatchSize", "10"));
        // Each write is long enough to be seen.
        await engine.Database.ExecuteAsync(
            "create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.004); return new; end $$; create trigger slow before update on stories for each row execute function slow()",
            TestEngine.Cancel);

        var seen = await SeenInABackfillAsync(engine);

        var written = seen.Where(transaction => transaction.Writes).Select(transaction => transaction.Seconds).Order().ToArray();
        Assert.True(written.Length > 100, $"Only {written.Length} transactions that write were seen.");
        Assert.InRange(written[(int)(written.Length * 0.99)], 0, 2);
    }

    [Fact]
    public async Task No_transaction_stands_idle_while_the_provider_takes_its_time()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400);
        engine.Provider.Script.Latency = ProviderLatency;

        var seen = await SeenInABackfillAsync(engine);

        // One that was open during a call would have stood idle for all of it.
        Assert.NotEmpty(seen);
        Assert.All(seen, transaction => Assert.InRange(transaction.Idle, 0, ProviderLatency.TotalSeconds / 2));
    }

    [Fact]
    public async Task No_transaction_is_open_while_the_provider_hangs()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 2000);
        engine.Provider.Script.Hang = true;
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var running = engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);
        // All hands are full, and whatever can be read ahead has been read.
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight >= 4, TestEngine.Cancel);
        await UntilQuietAsync(engine);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        var sampling = SampleAsync(engine, done.Token);

        // Two renewals of the lease.
        var until = await engine.Database.ScalarAsync<string>("select until::text from embedding_admin.run_lease", TestEngine.Cancel);
        await engine.UntilSqlAsync($"select until > '{until}'::timestamptz + interval '{RunLease.Renewal.TotalSeconds + 1} s' from embedding_admin.run_lease");

        await done.CancelAsync();
        var seen = await sampling;
        engine.Provider.Script.Hang = false;
        // What beats beside the work, the lease and the progress, is over soon; of the work itself nothing is open.
        Assert.All(seen, transaction => Assert.True(!transaction.OfTheRun && transaction.Seconds < MostIdle, $"{transaction}"));
        Assert.Equal(RunStatus.Succeeded, (await running).Status);
    }

    private static async Task<IReadOnlyCollection<Seen>> SeenInABackfillAsync(TestEngine engine)
    {
        var request = await engine.AcceptedAsync();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        var sampling = SampleAsync(engine, done.Token);
        Assert.Equal(RunStatus.Succeeded, (await engine.BackfillAsync(request)).Status);
        await done.CancelAsync();
        return await sampling;
    }

    private static async Task UntilQuietAsync(TestEngine engine)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(since) < Quiet)
        {
            var idle = await engine.Database.ScalarAsync<double>($"select coalesce(max(idle), -1) from ({Open}) as open where of_run", TestEngine.Cancel);
            Assert.InRange(idle, -1, MostIdle);
            if (idle >= 0)
                since = TimeProvider.System.GetTimestamp();
            await Task.Delay(Look, TimeProvider.System, TestEngine.Cancel);
        }
    }

    // Behind the first statement of each of our transactions its name is EmbeddingAdmin/<run>.
    private const string Open =
        """
        select pid, xact_start, application_name like 'EmbeddingAdmin/%' as of_run, backend_xid is not null as writes,
               extract(epoch from clock_timestamp() - xact_start)::float8 as seconds,
               case when state like 'idle in transaction%' then extract(epoch from clock_timestamp() - state_change)::float8 else 0 end as idle
          from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'EmbeddingAdmin%' and xact_start is not null
        """;

    private static async Task<IReadOnlyCollection<Seen>> SampleAsync(TestEngine engine, CancellationToken done)
    {
        var seen = new Dictionary<(int, DateTime), Seen>();
        using var tick = new PeriodicTimer(Look);
        try
        {
            while (await tick.WaitForNextTickAsync(done))
            {
                await using var command = engine.Database.DataSource.CreateCommand(Open);
                await using var reader = await command.ExecuteReaderAsync(done);
                while (await reader.ReadAsync(done))
                {
                    var key = (reader.GetInt32(0), reader.GetDateTime(1));
                    var before = seen.GetValueOrDefault(key, new(false, false, 0, 0));
                    seen[key] = new(before.OfTheRun || reader.GetBoolean(2), before.Writes || reader.GetBoolean(3), Math.Max(before.Seconds, reader.GetDouble(4)), Math.Max(before.Idle, reader.GetDouble(5)));
                }
            }
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested)
        {
            // The run has ended.
        }

        return seen.Values;
    }

    /// <summary>A transaction as it was seen, at its longest.</summary>
    private sealed record Seen(bool OfTheRun, bool Writes, double Seconds, double Idle);
}
