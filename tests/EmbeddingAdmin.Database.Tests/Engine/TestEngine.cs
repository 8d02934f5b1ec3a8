using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Surroundings;
using EmbeddingAdmin.Testing.Texts;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>
/// The engine on a database of its own: a table <c>stories</c> with natural texts and short vectors, and the scripted provider over
/// HTTP, whose vectors the oracle knows.
/// </summary>
public sealed class TestEngine : IAsyncDisposable
{
    public const int Dimensions = 24;

    public static readonly Actor Operator = new("tester", "test");

    // Beside other tests, and processes that have to be started first.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly List<IHostedService> _hosts = [];
    private readonly List<ServiceProvider> _others = [];
    private readonly (string Key, string Value)[] _settings;

    private TestEngine(TestDatabase database, ScriptedProvider provider, TestPooler? pooler, (string Key, string Value)[] settings) =>
        (Database, Provider, Pooler, _settings, Services) = (database, provider, pooler, settings, Build(pooler?.ConnectionString ?? database.ConnectionString, provider, settings));

    public TestDatabase Database { get; }

    public ScriptedProvider Provider { get; }

    public ServiceProvider Services { get; }

    public RunControl Control => Services.GetRequiredService<RunControl>();

    public EmbeddingTable Table => Services.GetRequiredService<TableCatalog>().Tables[0];

    public RunStore Store => Services.GetRequiredService<RunStore>();

    public Ledger Ledger => Services.GetRequiredService<Ledger>();

    public Failures Failures => Services.GetRequiredService<Failures>();

    public EventLog Events => Services.GetRequiredService<EventLog>();

    public StampBook StampBook => Services.GetRequiredService<StampBook>();

    public RunFeed Feed => Services.GetRequiredService<RunFeed>();

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The pooler between the engine and its database; null when there is none.</summary>
    public TestPooler? Pooler { get; }

    public static Task<TestEngine> StartAsync(TestPostgres postgres, int rows, params (string Key, string Value)[] settings) => StartAsync(postgres, rows, pooled: false, settings);

    /// <summary>The engine behind a pooler in transaction mode; <see cref="Database"/> is still reached without it.</summary>
    public static Task<TestEngine> StartPooledAsync(TestPostgres postgres, int rows, params (string Key, string Value)[] settings) => StartAsync(postgres, rows, pooled: true, settings);

    private static async Task<TestEngine> StartAsync(TestPostgres postgres, int rows, bool pooled, (string Key, string Value)[] settings)
    {
        var database = await postgres.CloneAsync(TestPostgres.Ready, Cancel);
        await database.ExecuteAsync(
            $"""
            create table stories (id bigint generated always as identity primary key, title text, content text, genre text, tags text[],
              likes int not null default 0, embedding extensions.vector({Dimensions}))
            """, Cancel);
        await InsertAsync(database, rows);
        var provider = await ScriptedProvider.StartAsync(token: Cancel);
        var pooler = pooled ? await postgres.StartPoolerAsync(database, Cancel) : null;
        return new(database, provider, pooler, settings);
    }

    /// <summary>The same database and provider seen by another process: services of its own.</summary>
    public ServiceProvider Another(string? connectionString = null, params (string Key, string Value)[] settings) =>
        Build(connectionString ?? Pooler?.ConnectionString ?? Database.ConnectionString, Provider, settings);

    public static async Task InsertAsync(TestDatabase database, int rows)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(Cancel);
        await using var copy = await connection.BeginBinaryImportAsync("copy stories (title, content, genre, tags) from stdin (format binary)", Cancel);
        foreach (var text in NaturalTexts.All().Take(rows))
        {
            await copy.StartRowAsync(Cancel);
            await copy.WriteAsync(text.Title, Cancel);
            await copy.WriteAsync(text.Content, Cancel);
            await copy.WriteAsync(text.Label, Cancel);
            await copy.WriteAsync(new[] { "one", "two" }, Cancel);
        }

        await copy.CompleteAsync(Cancel);
    }

    /// <summary>Starts a backfill and drives it in this process until it stands still.</summary>
    public async Task<Run> BackfillAsync(StartRequest? request = null)
    {
        var (run, lease) = await Control.StartHereAsync(request ?? new(RunKind.Backfill, "stories"), Operator, Cancel);
        return await Services.GetRequiredService<Runner>().RunAsync(run, lease, Cancel);
    }

    /// <summary>
    /// Makes a backfill that goes so slowly that it is still there whenever a busy machine lets a test go on. To be taken by a host that is started
    /// afterwards, so that none takes it at full speed: its first page goes at once, and each of the others waits for its time.
    /// </summary>
    public async Task<Run> EnqueueSlowAsync(double rowsPerSecond)
    {
        var run = await Control.StartAsync(new(RunKind.Backfill, "stories"), Operator, Cancel);
        await Control.SetPaceAsync(run.Id, rowsPerSecond, Operator, Cancel);
        return run;
    }

    /// <summary>Lets a run go as fast as it can.</summary>
    public Task HurryAsync(long run) => Control.SetPaceAsync(run, null, Operator, Cancel);

    /// <summary>A request of which is said that whatever its updates set off was seen and agreed to.</summary>
    public Task<StartRequest> AcceptedAsync(StartRequest? request = null) => Services.AcceptedAsync(request ?? new(RunKind.Backfill, "stories"), Cancel);

    public async Task<Run> VerifyAsync()
    {
        var (run, lease) = await Control.StartHereAsync(new(RunKind.Verify, "stories"), Operator, Cancel);
        return await Services.GetRequiredService<Runner>().RunAsync(run, lease, Cancel);
    }

    /// <summary>Starts a host that takes enqueued runs: the first one in this process' services, any other as a process of its own would.</summary>
    public Task<RunHost> HostAsync() => HostAsync(_hosts.Count == 0 ? Services : Another(null, _settings));

    /// <summary>Starts a host on these services, which are disposed of with the engine.</summary>
    public async Task<RunHost> HostAsync(ServiceProvider services)
    {
        if (services != Services)
            _others.Add(services);
        services.GetRequiredService<SchemaGate>().Open();
        var host = ActivatorUtilities.CreateInstance<RunHost>(services);
        _hosts.Add(host);
        await host.StartAsync(Cancel);
        return host;
    }

    /// <summary>Stops every host, in order.</summary>
    public async Task StopHostsAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync(CancellationToken.None);
            (host as IDisposable)?.Dispose();
        }

        _hosts.Clear();
    }

    /// <summary>Changes a setting while everything runs, as a file that was edited does.</summary>
    public void Set(string setting, string? value)
    {
        var configuration = (IConfigurationRoot)Services.GetRequiredService<IConfiguration>();
        configuration[setting] = value;
        configuration.Reload();
    }

    /// <summary>Waits until the run's record is as asked, watching the feed and the record, and returns it.</summary>
    public async Task<RunSnapshot> UntilAsync(long run, Func<RunSnapshot, bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        RunSnapshot? seen = null;
        try
        {
            do
            {
                try
                {
                    seen = await Store.SnapshotAsync(run, patience.Token);
                }
                catch (NpgsqlException)
                {
                    // A test that cuts connections cuts this one as well.
                    continue;
                }

                if (seen is not null && holds(seen))
                    return seen;
            }
            while (await tick.WaitForNextTickAsync(patience.Token));
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            // Said below with what was seen.
        }

        throw new TimeoutException($"Run {run} did not get there; it is {seen?.Run.Status} ({seen?.Run.Reason}) with {seen?.Progress.Receipt}.");
    }

    /// <summary>Waits until the database answers true.</summary>
    public async Task UntilSqlAsync(string condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (!await HoldsAsync())
                await tick.WaitForNextTickAsync(patience.Token);
        }
        catch (OperationCanceledException late) when (!Cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"It did not come to this: {condition}", late);
        }

        async Task<bool> HoldsAsync()
        {
            try
            {
                return await Database.ScalarAsync<bool>(condition, patience.Token);
            }
            catch (PostgresException early) when (early.SqlState == PostgresErrorCodes.UndefinedTable)
            {
                return false;
            }
        }
    }

    /// <summary>Every row whose vector is not the oracle's for the row's own text, as a sentence each.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(string where = "true")
    {
        var text = (await TargetAsync()).Text.Expression;
        await using var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand($"select t.id::text, {text}, t.embedding from stories t where {where}");
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<StoredRow>();
        while (await reader.ReadAsync(Cancel))
            rows.Add(new(reader.GetString(0), reader.GetString(1), await reader.IsDBNullAsync(2, Cancel) ? null : reader.GetFieldValue<ReadOnlyMemory<float>>(2).ToArray()));
        return Oracle.Differences(rows);
    }

    public Task<Target> TargetAsync() => Services.GetRequiredService<TableCatalog>().ResolveAsync(Table, Cancel);

    public Task<TableCoverage> CoverageAsync() => Services.GetRequiredService<CoverageReader>().ReadAsync(Table, TimeSpan.Zero, Cancel);

    /// <summary>A checksum of everything in the table but the vectors.</summary>
    public Task<string?> OtherColumnsAsync() =>
        Database.ScalarAsync<string>("select md5(string_agg(md5(row(id, title, content, genre, tags, likes)::text), '' order by id)) from stories", Cancel);

    public async ValueTask DisposeAsync()
    {
        await StopHostsAsync();
        foreach (var other in _others)
            await other.DisposeAsync();
        await Provider.DisposeAsync();
        await Services.DisposeAsync();
        if (Pooler is not null)
            await Pooler.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static ServiceProvider Build(string connectionString, ScriptedProvider provider, (string Key, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:Postgres"] = connectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = provider.Endpoint,
            ["Embeddings:ApiKey"] = "test-key",
            ["Embeddings:BatchSize"] = "50",
            ["Backfill:BatchSize"] = "50",
            ["Verify:SecondLookSeconds"] = "0",
            ["Tables:0:Name"] = "stories",
            ["Tables:0:Vector"] = "embedding",
            ["Tables:0:Text"] = "{title}\n{content}\nGenre: {genre}\nTags: {tags}",
        };
        foreach (var (key, value) in settings)
            values[key] = value;
        var services = new ServiceCollection();
        services.AddLogging();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddEmbeddingAdmin(configuration).AddRunHost();
        return services.BuildServiceProvider();
    }
}
