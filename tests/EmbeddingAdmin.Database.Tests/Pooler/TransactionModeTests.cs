using EmbeddingAdmin.Access;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Pooler;

/// <summary>
/// What a pooler in transaction mode takes from a session, or gives to strangers, tried with plain statements, and beside it what this program does
/// in its place. If the first did not break, the second would prove nothing.
/// </summary>
public sealed class TransactionModeTests(AssemblyStack stack)
{
    private const int Rows = 60;

    private static readonly Dictionary<string, (Func<TestPooler, TestDatabase, Task> Raw, Func<TestEngine, Task> Ours)> Features = new(StringComparer.Ordinal)
    {
        ["what belongs to a transaction"] = (TransactionsWorkAsync, SchemaIsAppliedByTwoAtOnceAsync),
        ["a setting of the session"] = (SettingsReachStrangersAsync, CanaryAndMeasurementAsync),
        ["an advisory lock of the session"] = (LocksAreNobodysAsync, LeaseKeepsTheColumnAsync),
        ["listening"] = (NewsGoToStrangersAsync, NewsAreAskedForAsync),
        ["a prepared statement"] = (StatementsAreForgottenAsync, NothingIsPreparedAsync),
        ["a temporary table"] = (TemporaryTablesAreElsewhereAsync, KeysAreParametersAsync),
        ["an option at the start"] = (OptionsAreRefusedAsync, OptionsAreLeftOutAsync),
        ["a password that is refused"] = (RefusalsLookLikeABrokenProtocolAsync, PasswordIsTriedOnceAsync),
    };

    public static TheoryData<string> Names => [.. Features.Keys];

    private static CancellationToken Cancel => TestEngine.Cancel;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_a_pooler_breaks_is_broken_and_what_stands_in_its_place_works_and_leaves_nothing(string feature)
    {
        var (raw, ours) = Features[feature];
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, Rows);
        await using (var other = await stack.Postgres.StartPoolerAsync(engine.Database, Cancel))
            await raw(other, engine.Database);
        await engine.UntilSqlAsync("select not exists (select from pg_stat_activity where datname = current_database() and application_name = 'plain')");

        await ours(engine);

        Assert.Empty(await Leftovers.FindAsync(engine.Database, engine.Pooler!, Cancel));
    }

    private static async Task TransactionsWorkAsync(TestPooler pooler, TestDatabase database)
    {
        await using var listener = await database.DataSource.OpenConnectionAsync(Cancel);
        var heard = "";
        listener.Notification += (_, news) => heard = news.Payload;
        await using (var listen = new NpgsqlCommand("listen news", listener))
            await listen.ExecuteNonQueryAsync(Cancel);
        await using var one = await PlainClient.OpenAsync(pooler);
        await using var two = await PlainClient.OpenAsync(pooler);
        var before = await one.ScalarAsync("show statement_timeout");
        Assert.Equal(3, await one.ScalarAsync("select $1 + 1", 2));
        await using (var transaction = await one.Connection.BeginTransactionAsync(Cancel))
        {
            await one.ExecuteAsync("set local statement_timeout = 4321; notify news, 'hello'");
            Assert.Equal("4321ms", await one.ScalarAsync("show statement_timeout"));
            Assert.Equal(true, await one.ScalarAsync("select pg_try_advisory_xact_lock(4711)"));
            Assert.Equal(false, await two.ScalarAsync("select pg_try_advisory_xact_lock(4711)"));
            Assert.Equal(before, await two.ScalarAsync("show statement_timeout"));
            await transaction.CommitAsync(Cancel);
        }

        Assert.Equal(true, await two.ScalarAsync("select pg_try_advisory_xact_lock(4711)"));
        Assert.Equal(before, await one.ScalarAsync("show statement_timeout"));
        await listener.WaitAsync(Cancel);
        Assert.Equal("hello", heard);
    }

    private static async Task SchemaIsAppliedByTwoAtOnceAsync(TestEngine engine)
    {
        var database = engine.Services.GetRequiredService<NpgsqlDataSource>();
        await engine.Database.ExecuteAsync("drop schema embedding_admin cascade", Cancel);
        await Task.WhenAll(Migrations.ApplyAsync(database, Cancel), Migrations.ApplyAsync(database, Cancel));
        Assert.Equal(Migrations.Newest, (await ServerFacts.ReadAsync(database, Cancel)).Migration);
    }

    private static async Task SettingsReachStrangersAsync(TestPooler pooler, TestDatabase database)
    {
        await using (var one = await PlainClient.OpenAsync(pooler))
            await one.ExecuteAsync("set statement_timeout = 4321; set role anon");
        for (var time = 0; time < 3; time++)
        {
            await using var stranger = await PlainClient.OpenAsync(pooler);
            Assert.Equal("4321ms as anon", await stranger.ScalarAsync("select current_setting('statement_timeout') || ' as ' || current_user"));
        }
    }

    private static async Task CanaryAndMeasurementAsync(TestEngine engine)
    {
        var (access, target) = (engine.Services.GetRequiredService<AccessProbe>(), await engine.TargetAsync());
        Assert.Equal(AccessAnswer.Yes, (await access.CanaryAsync(target, Cancel)).Answer.Answer);
        Assert.Equal("Yes Yes Yes", string.Join(' ', (await access.TryAsync(target, Identity.Connection, new(), Cancel)).Select(cell => cell.Answer)));
    }

    private static async Task LocksAreNobodysAsync(TestPooler pooler, TestDatabase database)
    {
        await using (var one = await PlainClient.OpenAsync(pooler))
        await using (var two = await PlainClient.OpenAsync(pooler))
        {
            Assert.Equal(true, await one.ScalarAsync("select pg_try_advisory_lock(4711)"));
            Assert.Equal(true, await two.ScalarAsync("select pg_try_advisory_lock(4711)"));
        }

        // Both are gone, and it is still held.
        Assert.False(await database.ScalarAsync<bool>("select pg_try_advisory_lock(4711)", Cancel));
    }

    private static async Task LeaseKeepsTheColumnAsync(TestEngine engine)
    {
        await using var other = engine.Another();
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, Cancel);
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => other.GetControl().StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, Cancel));
        Assert.Equal(ErrorCodes.ColumnHeld, refused.Code);
        Assert.Equal(RunStatus.Succeeded, (await engine.Services.GetRunner().RunAsync(run, lease, Cancel)).Status);
    }

    private static async Task NewsGoToStrangersAsync(TestPooler pooler, TestDatabase database)
    {
        await using var one = await PlainClient.OpenAsync(pooler);
        await one.ExecuteAsync("listen news");
        await using var stranger = await PlainClient.HoldAsync(pooler);
        await database.ExecuteAsync("notify news", Cancel);
        await one.ExecuteAsync("select 1");
        await stranger.ExecuteAsync("commit");
        Assert.Equal((0, 1), (one.Heard, stranger.Heard));
    }

    private static async Task NewsAreAskedForAsync(TestEngine engine)
    {
        await using var onlooker = engine.Another(null, ("Role", "dashboard"));
        onlooker.GetRequiredService<SchemaGate>().Open();
        // Looked for before, so that nobody is still looking at the end.
        await onlooker.GetRequiredService<PoolerProbe>().KnownAsync(Cancel);
        var news = onlooker.GetServices<IHostedService>().OfType<RunNews>().Single();
        await news.StartAsync(Cancel);
        await using var watching = onlooker.GetRequiredService<RunFeed>().WatchAllAsync(Cancel).GetAsyncEnumerator(Cancel);
        var run = await engine.BackfillAsync();
        while (onlooker.GetRequiredService<RunFeed>().Latest(run.Id)?.Run.Status != RunStatus.Succeeded)
            Assert.True(await watching.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Cancel));
        Assert.False(news.IsProven);
        await news.StopAsync(Cancel);
    }

    private static async Task StatementsAreForgottenAsync(TestPooler pooler, TestDatabase database)
    {
        await using var one = await PlainClient.OpenAsync(pooler);
        await using var eager = await PlainClient.OpenAsync(pooler, options => (options.MaxAutoPrepare, options.AutoPrepareMinUsages) = (5, 2));
        await using var command = new NpgsqlCommand("select 1", one.Connection);
        await command.PrepareAsync(Cancel);
        await eager.ExecuteAsync("select 2");
        await eager.ExecuteAsync("select 2");
        await using var holder = await PlainClient.HoldAsync(pooler);
        Assert.Equal("26000", (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync(Cancel))).SqlState);
        Assert.Equal("26000", (await Assert.ThrowsAsync<PostgresException>(() => eager.ScalarAsync("select 2"))).SqlState);
    }

    private static async Task NothingIsPreparedAsync(TestEngine engine)
    {
        await using var crowd = new Crowd(engine.Pooler!.ConnectionString);
        await crowd.UntilItMovesAsync(Cancel);
        await using var eager = engine.Another(new NpgsqlConnectionStringBuilder(engine.Pooler!.ConnectionString) { MaxAutoPrepare = 20, AutoPrepareMinUsages = 1 }.ConnectionString);
        var target = await engine.TargetAsync();
        for (var time = 0; time < 20; time++)
            Assert.Equal(50, (await eager.GetRequiredService<RowPages>().ReadAsync(target, new(), Cancel)).Rows.Count);
        await crowd.LeaveAsync();
    }

    private static async Task TemporaryTablesAreElsewhereAsync(TestPooler pooler, TestDatabase database)
    {
        await using var one = await PlainClient.OpenAsync(pooler);
        await one.ExecuteAsync("create temp table kept (id int)");
        await using var holder = await PlainClient.HoldAsync(pooler);
        Assert.Equal("42P01", (await Assert.ThrowsAsync<PostgresException>(() => one.ScalarAsync("select count(*) from kept"))).SqlState);
    }

    private static async Task KeysAreParametersAsync(TestEngine engine) =>
        Assert.Equal(3, (await engine.Control.PreviewAsync(new(RunKind.Backfill, "stories") { Keys = ["1", "2", "7"] }, Cancel)).Rows);

    private static async Task OptionsAreRefusedAsync(TestPooler pooler, TestDatabase database)
    {
        foreach (var ask in (Action<NpgsqlConnectionStringBuilder>[])[options => options.Options = "-c statement_timeout=4321", options => options.SearchPath = "public"])
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => PlainClient.OpenAsync(pooler, ask));
            Assert.Equal("08P01", refused.SqlState);
            Assert.StartsWith("unsupported startup parameter", refused.MessageText, StringComparison.Ordinal);
        }
    }

    private static async Task OptionsAreLeftOutAsync(TestEngine engine)
    {
        var asked = new NpgsqlConnectionStringBuilder(engine.Pooler!.ConnectionString) { Options = "-c statement_timeout=4321", SearchPath = "nowhere", Timezone = "Asia/Tokyo", Multiplexing = false };
        await using var engineOfOptions = engine.Another(asked.ConnectionString);
        Assert.Equal(AccessAnswer.Yes, (await engineOfOptions.GetRequiredService<AccessProbe>().CanaryAsync(await engine.TargetAsync(), Cancel)).Answer.Answer);
    }

    private static async Task RefusalsLookLikeABrokenProtocolAsync(TestPooler pooler, TestDatabase database)
    {
        Assert.Equal("08P01", (await Assert.ThrowsAsync<PostgresException>(() => PlainClient.OpenAsync(pooler, options => options.Password = "wrong"))).SqlState);
        Assert.Equal("08P01", (await Assert.ThrowsAsync<PostgresException>(() => PlainClient.OpenAsync(pooler, options => options.Database = "nothing_of_the_kind"))).SqlState);
    }

    private static async Task PasswordIsTriedOnceAsync(TestEngine engine)
    {
        var (connection, _) = DatabaseConnection.Read(new NpgsqlConnectionStringBuilder(engine.Pooler!.ConnectionString) { Password = "wrong" }.ConnectionString, null);
        var brake = new DatabaseBrake();
        await using var database = connection!.Open(brake);
        var refused = await Assert.ThrowsAsync<PostgresException>(async () => await database.OpenConnectionAsync(Cancel));
        Assert.True(brake.Note(refused));
        Assert.Equal(ErrorCodes.DatabaseCredentials, DatabaseFaults.Explain(refused)!.Code);
        var held = await Assert.ThrowsAnyAsync<Exception>(async () => await database.OpenConnectionAsync(Cancel));
        Assert.IsType<PasswordHeldException>(held as PasswordHeldException ?? held.InnerException);
        Assert.True(DatabaseFaults.IsRefusal(held));
    }
}
