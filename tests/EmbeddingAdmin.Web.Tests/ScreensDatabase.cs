using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Web.Tests.SignIn;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>A class's own database with the demo's tables and ours.</summary>
public sealed class ScreensDatabase(Postgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;

    internal TestDatabase Database => _database ?? throw new InvalidOperationException("Not made.");

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        _database = await postgres.Server.CloneAsync(TestPostgres.Demo, cancel);
        await Migrations.ApplyAsync(_database.DataSource, cancel);
    }

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    internal Task<TestPooler> StartPoolerAsync() => postgres.Server.StartPoolerAsync(Database, TestContext.Current.CancellationToken);

    internal Task ExecuteAsync(string sql) => Database.ExecuteAsync(sql, TestContext.Current.CancellationToken);

    internal Task<long> CountAsync(string from) => Database.ScalarAsync<long>($"select count(*) from {from}", TestContext.Current.CancellationToken)!;
}
