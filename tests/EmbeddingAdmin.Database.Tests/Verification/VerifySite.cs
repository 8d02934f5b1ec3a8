using EmbeddingAdmin.Events;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>The demo's tables with a few of their rows, and one of another shape: text keys in another collation, vectors in half precision. All embedded.</summary>
public sealed class VerifySite(AssemblyStack stack) : IAsyncLifetime
{
    public const int Rows = 40;

    private static readonly Actor Operator = new("Ada", "test");

    private readonly HashSet<string> _spoilt = new(StringComparer.Ordinal);
    private TestDatabase? _database;
    private ScriptedProvider? _provider;
    private ServiceProvider? _services;

    public TestDatabase Database => _database!;

    public ScriptedProvider Provider => _provider!;

    public ServiceProvider Services => _services!;

    public Failures Failures => Services.GetRequiredService<Failures>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);
        await Database.ExecuteAsync(
            $"""
            delete from stories where id not in (select id from stories where content <> '' order by id limit {Rows});
            delete from profiles where id not in (select id from profiles where bio <> '' order by id limit {Rows});
            create table places ("The Path" text collate "C" primary key, body text, vec extensions.halfvec(48));
            insert into places select 'Place/' || chr(64 + n % 26 + n % 2 * 32) || '?' || n, 'A place with the number ' || n from generate_series(1, {Rows}) n;
            """, Cancel);
        _provider = await ScriptedProvider.StartAsync(token: Cancel);
        var settings = new Dictionary<string, string?>(DemoTables.Settings, StringComparer.Ordinal)
        {
            ["ConnectionStrings:Postgres"] = Database.ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = Provider.Endpoint,
            ["Embeddings:ApiKey"] = "test-key",
            ["Backfill:BatchSize"] = "16",
            ["Verify:SecondLookSeconds"] = "0",
            ["Tables:2:Name"] = "places",
            ["Tables:2:Vector"] = "vec",
            ["Tables:2:Text"] = "{body}",
        };
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        _services = services.BuildServiceProvider();
        await Migrations.ApplyAsync(Services.GetRequiredService<NpgsqlDataSource>(), Cancel);
        foreach (var table in Services.GetRequiredService<TableCatalog>().Tables)
            Assert.Equal(Verdict.Verified, (await RunAsync(new(RunKind.Backfill, table.Name))).Verdict);
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Provider.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Spoils a table; whoever mends it says so by <see cref="Mended"/>.</summary>
    public async Task SpoilAsync(string table, string sql)
    {
        _spoilt.Add(table);
        await Database.ExecuteAsync(sql, Cancel);
    }

    /// <summary>The table is as it was.</summary>
    public void Mended(string table) => _spoilt.Remove(table);

    /// <summary>Embeds a table anew that a test has left spoilt, so that one test that fails does not make others fail.</summary>
    public async Task HealAsync(string table)
    {
        if (!_spoilt.Remove(table))
            return;
        var target = await TargetAsync(table);
        await Database.ExecuteAsync($"update {target.Relation} set {target.Vector} = null; delete from embedding_admin.stamp where vector_column = (select id from embedding_admin.vector_column where name = '{target.ColumnName}')", Cancel);
        Assert.Equal(Verdict.Verified, (await RunAsync(new(RunKind.Backfill, table))).Verdict);
    }

    public async Task<Target> TargetAsync(string table)
    {
        var catalog = Services.GetRequiredService<TableCatalog>();
        return await catalog.ResolveAsync(catalog.Find(table)!, Cancel);
    }

    /// <summary>Starts a run and drives it here until it stands still.</summary>
    public async Task<Run> RunAsync(StartRequest request)
    {
        var (run, lease) = await Services.GetRequiredService<RunControl>().StartHereAsync(request, Operator, Cancel);
        return await Services.GetRequiredService<Runner>().RunAsync(run, lease, Cancel);
    }

    /// <summary>What a run has listed: key and code, in the order of the keys.</summary>
    public async Task<IReadOnlyList<(string Key, string? Code)>> ListedAsync(Run run) =>
        [.. (await Services.GetRequiredService<Ledger>().ListedAsync(run.Id, 1000, Cancel)).Select(row => (row.Key, row.Code)).OrderBy(row => row.Key, StringComparer.Ordinal)];

    public async Task<VerifyReport> ReportAsync(Run run) => (await Services.GetRequiredService<VerifyReports>().ReadAsync(run.Id, Cancel))!;

    public async Task<string[]> KeysAsync(Target target) =>
        (await Database.ScalarAsync<string[]>($"select array_agg({target.Key}::text order by {target.Key}) from {target.Relation}", Cancel))!;
}
