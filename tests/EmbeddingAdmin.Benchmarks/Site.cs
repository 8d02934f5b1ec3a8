using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

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
        var server = await TestPostgres.StartAsync(cancel);
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

    /// <summary>Fills a table (id uuid, content text, embedding) with texts of 1.1 to 2.1 KB and random vectors of length 1.</summary>
    public async Task FillAsync(string table, int rows, int dimensions, CancellationToken cancel)
    {
        var random = new Random(1);
        var filler = new string('x', 2_100);
        await using var connection = await Get<NpgsqlDataSource>().OpenConnectionAsync(cancel);
        await using var copy = await connection.BeginBinaryImportAsync($"copy {table} (id, content, embedding) from stdin (format binary)", cancel);
        for (var row = 0; row < rows; row++)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(Guid.NewGuid(), NpgsqlDbType.Uuid, cancel);
            await copy.WriteAsync($"{row} {filler[..random.Next(1_100, 2_100)]}", NpgsqlDbType.Text, cancel);
            await copy.WriteAsync(Unit(random, dimensions), "extensions.vector", cancel);
        }

        await copy.CompleteAsync(cancel);
    }

    /// <summary>Claims of every vector of a table that it was made from the row's text of now, as a run would.</summary>
    public async Task StampAsync(string table, CancellationToken cancel)
    {
        var target = await TargetAsync(table, cancel);
        var (column, madeFrom) = await Get<StampBook>().CurrentAsync(target, cancel);
        await Database.ExecuteAsync(
            $"""
            insert into embedding_admin.stamp (vector_column, row_key, made_from, text_hash, vector_hash, run, page, at)
            select {column}, t.id::text, {madeFrom}, {target.Text.Hash}, sha256({target.Bytes("t.embedding")}), 0, 0, now() - interval '1 day' from {target.Relation} t where t.embedding is not null
            """, cancel);
        await Database.ExecuteAsync("vacuum analyze embedding_admin.stamp", cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Database.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static ReadOnlyMemory<float> Unit(Random random, int dimensions)
    {
        var vector = new float[dimensions];
        var squares = 0d;
        for (var i = 0; i < dimensions; i++)
        {
            vector[i] = random.NextSingle() - 0.5f;
            squares += (double)vector[i] * vector[i];
        }

        var length = (float)Math.Sqrt(squares);
        for (var i = 0; i < dimensions; i++)
            vector[i] /= length;
        return vector;
    }
}
