using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Web.Tests.SignIn;

namespace EmbeddingAdmin.Web.Tests.Connection;

/// <summary>A test's own database with the demo's tables, in which nothing of ours was made yet.</summary>
public abstract class FreshDatabase(Postgres postgres) : IAsyncLifetime
{
    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("embedding-admin-keys-");
    private TestDatabase? _database;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected TestDatabase Database => _database ?? throw new InvalidOperationException("Not made.");

    public async ValueTask InitializeAsync() => _database = await postgres.Server.CloneAsync(TestPostgres.Demo, Cancel);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Database.DisposeAsync();
        _keys.Delete(recursive: true);
    }

    private protected Task<DashboardApp> StartAsync(params (string Key, string Value)[] settings) => StartAsync(TimeProvider.System, settings);

    private protected Task<DashboardApp> StartAsync(TimeProvider clock, params (string Key, string Value)[] settings) =>
        DashboardApp.StartAsync(clock, [("ConnectionStrings:Postgres", Database.ConnectionString), ("DataProtection:Folder", _keys.FullName), .. settings]);

    private protected Task<bool> IsMadeAsync() => Database.ScalarAsync<bool>("select to_regnamespace('embedding_admin') is not null", Cancel);
}
