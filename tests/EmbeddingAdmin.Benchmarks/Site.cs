using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Benchmarks;

/// <summary>A server, a database and the engine of this process' own, with tables of many rows.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly TestPostgres _server;

    private Site(TestPostgres server, TestDatabase database, IReadOnlyList<string> tables)
    {
        (_server, Database) = (server, database);
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["ConnectionStrings:Postgres"] = database.ConnectionString, ["Embeddings:Provider"] = "local" };
        foreach (var (n, table) in tables.Index())
            (settings[$"Tables:{n}:Name"], settings[$"Tables:{n}:Vector"], settings[$"Tables:{n}:Text"]) = (table, "embedding", "{content}");
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        Services = services.BuildServiceProvider();
    }

    public TestDatabase Database { get; }

    public ServiceProvider Services { get; }

    /// <summary>Starts a server and makes our schema there.</summary>
    /// <param name="tables">The tables that are configured, each with a column <c>embedding</c> and a text in <c>content</c>.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<Site> OpenAsync(IReadOnlyList<string> tables, CancellationToken cancel)
    {
        var server = await TestPostgres.StartAsync(cancel, small: false);
        var site = new Site(server, await server.CloneAsync(TestPostgres.Empty, cancel), tables);
        await Migrations.ApplyAsync(site.Services.GetRequiredService<NpgsqlDataSource>(), cancel);
        return site;
    }

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public EmbeddingTable Table(string name) => Get<TableCatalog>().Find(name)!;

    public Task<Target> TargetAsync(string name, CancellationToken cancel) => Get<TableCatalog>().ResolveAsync(Table(name), cancel);

    /// <summary>Starts a run that the caller drives, or only looks at.</summary>
    public Task<(Run Run, RunLease Lease)> StartAsync(RunKind kind, string table, CancellationToken cancel) =>
        Get<RunControl>().StartHereAsync(new StartRequest(kind, table), new Actor("benchmark", "terminal"), cancel);

    /// <summary>Fills a table (id uuid, content text) with texts of 0.8 to 1.4 KB and no vectors.</summary>
    public Task FillAsync(string table, int rows, CancellationToken cancel) => Database.ExecuteAsync(
        $"""
        select setseed(0.5);
        insert into {table} (id, content)
        select gen_random_uuid(), (select string_agg(md5(n::text || '-' || w) || ' ', '') from generate_series(1, 25 + (random() * 18)::int) w) from generate_series(1, {rows}) n
        """, cancel);

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Database.DisposeAsync();
        await _server.DisposeAsync();
    }
}
