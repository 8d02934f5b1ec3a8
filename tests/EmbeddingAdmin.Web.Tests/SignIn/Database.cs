using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.Tests.SignIn;

[assembly: AssemblyFixture(typeof(Postgres))]

namespace EmbeddingAdmin.Web.Tests.SignIn;

/// <summary>The real Postgres of this test program.</summary>
public sealed class Postgres : IAsyncLifetime
{
    private TestPostgres? _server;

    internal TestPostgres Server => _server ?? throw new InvalidOperationException("Not started.");

    public async ValueTask InitializeAsync() => _server = await TestPostgres.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

/// <summary>A class's own database with the tables of signing in.</summary>
public sealed class SignInDatabase(Postgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;

    internal TestDatabase Database => _database ?? throw new InvalidOperationException("Not made.");

    internal DirectoryInfo Keys { get; } = Directory.CreateTempSubdirectory("embedding-admin-keys-");

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        _database = await postgres.Server.CloneAsync(TestPostgres.Empty, cancel);
        await Migrations.ApplyAsync(_database.DataSource, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
        Keys.Delete(recursive: true);
    }

    /// <summary>Starts the dashboard on this database, and waits until it is ready.</summary>
    internal async Task<DashboardApp> StartAppAsync(params (string Key, string Value)[] settings)
    {
        var app = await DashboardApp.StartAsync([("ConnectionStrings:Postgres", Database.ConnectionString), ("DataProtection:Folder", Keys.FullName), .. settings]);
        await app.UntilAsync<ReadinessState.Ready>();
        return app;
    }
}
