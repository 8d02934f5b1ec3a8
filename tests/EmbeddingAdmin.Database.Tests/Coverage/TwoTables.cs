using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Coverage;

/// <summary>Stories and profiles as the demo has them, a few of each, and the scripted provider.</summary>
internal sealed class TwoTables : IAsyncDisposable
{
    public const int Rows = 40;

    private readonly ScriptedProvider _provider;

    private TwoTables(TestDatabase database, ScriptedProvider provider, IEnumerable<(string, string)> settings) =>
        (Database, _provider, Services) = (database, provider, Build(database, provider, settings));

    public TestDatabase Database { get; }

    public ServiceProvider Services { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<TwoTables> OpenAsync(TestPostgres postgres, params (string, string)[] settings)
    {
        var database = await postgres.CloneAsync(TestPostgres.Demo, Cancel);
        await database.ExecuteAsync(
            $"""
            delete from stories where id not in (select id from stories where content is not null order by id limit {Rows});
            delete from profiles where id not in (select id from profiles where length(bio) > 0 order by id limit {Rows});
            analyze stories; analyze profiles
            """, Cancel);
        var site = new TwoTables(database, await ScriptedProvider.StartAsync(token: Cancel), settings);
        await Migrations.ApplyAsync(database.DataSource, Cancel);
        return site;
    }

    public EmbeddingTable Table(string name) => Services.GetRequiredService<TableCatalog>().Find(name)!;

    public Task<Target> TargetAsync(string name) => Services.GetRequiredService<TableCatalog>().ResolveAsync(Table(name), Cancel);

    public async Task<Run> RunAsync(StartRequest request)
    {
        var (run, lease) = await Services.GetRequiredService<RunControl>().StartHereAsync(request, new Actor("Ada", "test"), Cancel);
        return await Services.GetRequiredService<Runner>().RunAsync(run, lease, Cancel);
    }

    /// <summary>The coverage, with the vectors examined as they are now.</summary>
    public async Task<TableCoverage> ExaminedAsync(string name)
    {
        await Services.GetRequiredService<CoverageScan>().RunAsync(await TargetAsync(name), ripe: false, Cancel);
        return await Services.GetRequiredService<CoverageReader>().ReadAsync(Table(name), TimeSpan.Zero, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await _provider.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static ServiceProvider Build(TestDatabase database, ScriptedProvider provider, IEnumerable<(string Key, string Value)> settings)
    {
        var values = new Dictionary<string, string?>(DemoTables.Settings, StringComparer.Ordinal)
        {
            ["ConnectionStrings:Postgres"] = database.ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = provider.Endpoint,
            ["Embeddings:ApiKey"] = "test-key",
            ["Backfill:BatchSize"] = "15",
            ["Coverage:ScanPercent"] = "100",
        };
        foreach (var (key, value) in settings)
            values[key] = value;
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        return services.BuildServiceProvider();
    }
}
