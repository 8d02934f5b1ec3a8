using EmbeddingAdmin.Access;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Time;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Pooler;

public sealed class DetectionTests(AssemblyStack stack) : IAsyncLifetime
{
    private TestDatabase? _database;

    private TestDatabase Database => _database ?? throw new InvalidOperationException("Not made.");

    public async ValueTask InitializeAsync() => _database = await stack.Postgres.CloneAsync(TestPostgres.Empty, TestEngine.Cancel);

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Without_a_pooler_none_is_found() => Assert.Equal(new(PoolerMode.None, null), await FindAsync(Database.ConnectionString));

    [Theory]
    [InlineData("transaction", PoolerMode.Transaction)]
    [InlineData("session", PoolerMode.Session)]
    public async Task A_pooler_is_found_with_its_mode_and_its_name(string mode, PoolerMode found)
    {
        await using var pooler = await stack.Postgres.StartPoolerAsync(Database, TestEngine.Cancel, mode);
        Assert.Equal(new(found, "PgBouncer"), await FindAsync(pooler.ConnectionString));
    }

    [Fact]
    public async Task The_mode_is_found_while_others_use_the_pooler()
    {
        await using var pooler = await stack.Postgres.StartPoolerAsync(Database, TestEngine.Cancel);
        await using var crowd = new Crowd(pooler.ConnectionString);
        await crowd.UntilItMovesAsync(TestEngine.Cancel);
        for (var time = 0; time < 20; time++)
            Assert.Equal(new(PoolerMode.Transaction, "PgBouncer"), await FindAsync(pooler.ConnectionString));
    }

    [Fact]
    public async Task A_pooler_with_no_connection_to_spare_is_one_of_unknown_mode_and_nobody_waits_long()
    {
        await using var pooler = await stack.Postgres.StartPoolerAsync(Database, TestEngine.Cancel, "session");
        var holders = new List<NpgsqlConnection>();
        try
        {
            for (var held = 0; held < TestPooler.Servers - 1; held++)
            {
                var holder = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { Pooling = false }.ConnectionString);
                await holder.OpenAsync(TestEngine.Cancel);
                holders.Add(holder);
                // A pooler gives a client its connection with the first statement.
                await using var first = new NpgsqlCommand("select 1", holder);
                await first.ExecuteNonQueryAsync(TestEngine.Cancel);
            }

            var begun = TimeProvider.System.GetTimestamp();
            Assert.Equal(PoolerMode.Unknown, (await FindAsync(pooler.ConnectionString))!.Mode);
            Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(25));
        }
        finally
        {
            foreach (var holder in holders)
                await holder.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_was_found_is_kept_until_somebody_looks_again()
    {
        await using var pooler = await stack.Postgres.StartPoolerAsync(Database, TestEngine.Cancel);
        var (connection, _) = DatabaseConnection.Read(pooler.ConnectionString, null);
        await using var source = connection!.Open();
        using var probe = new PoolerProbe(source, connection, new(), new FakeClock());
        var found = await probe.KnownAsync(TestEngine.Cancel);
        Assert.Equal(PoolerMode.Transaction, found?.Mode);

        await pooler.StopAsync();
        Assert.Same(found, await probe.KnownAsync(TestEngine.Cancel));
        Assert.Null(await probe.LookAsync(TestEngine.Cancel));

        source.Clear();
        await pooler.StartAsync(TestEngine.Cancel);
        Assert.Equal(found, await probe.LookAsync(TestEngine.Cancel));
    }

    // By a clock that stands: how long somebody waits for all of it is not what a busy machine is asked here.
    private static async Task<EmbeddingAdmin.Access.Pooler?> FindAsync(string connectionString)
    {
        var (connection, _) = DatabaseConnection.Read(connectionString, null);
        await using var source = connection!.Open();
        using var probe = new PoolerProbe(source, connection, new(), new FakeClock());
        return await probe.KnownAsync(TestEngine.Cancel);
    }
}
