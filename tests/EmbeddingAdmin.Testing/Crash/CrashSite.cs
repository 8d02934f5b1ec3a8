using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Surroundings;
using Npgsql;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// Where one run is tried: a database with the app's table, the provider, the workers, and the engine in this process, which starts
/// runs and asks things of them as a dashboard does and drives none.
/// </summary>
public sealed class CrashSite : IAsyncDisposable
{
    /// <summary>The provider's key: a secret that must show up nowhere.</summary>
    public const string ApiKey = "sk-lab-secret-of-the-crashes";

    /// <summary>Who asks.</summary>
    public static readonly Actor Operator = new("operator", "crash");

    private readonly string _folder = Directory.CreateTempSubdirectory("crash-").FullName;
    private readonly string _database;
    private readonly List<WorkerProcess> _all = [];
    private int _logs;

    private CrashSite(CrashPostgres postgres, string database, CrashPlan plan, ScriptedProvider provider, TimeProvider time)
    {
        (Postgres, _database, Plan, Provider) = (postgres, database, plan, provider);
        Table = new AppTable(postgres.Address(database), plan);
        Services = Build(time);
    }

    public CrashPostgres Postgres { get; }

    public CrashPlan Plan { get; }

    public ScriptedProvider Provider { get; }

    public AppTable Table { get; }

    /// <summary>The engine in this process, on a connection that no fault touches but a stop of the server.</summary>
    public ServiceProvider Services { get; }

    public RunControl Control => Services.GetRequiredService<RunControl>();

    public RunStore Store => Services.GetRequiredService<RunStore>();

    /// <summary>The workers that are up.</summary>
    public IReadOnlyList<WorkerProcess> Workers
    {
        get
        {
            lock (_all)
                return [.. _all.Where(worker => !worker.Exited.IsCompleted)];
        }
    }

    /// <summary>What all workers wrote, the dead ones too.</summary>
    public string Logs => string.Concat(Directory.GetFiles(_folder, "*.log").Select(File.ReadAllText));

    /// <summary>The database, by the straight way.</summary>
    public string Address => Postgres.Address(_database);

    /// <param name="postgres">The server.</param>
    /// <param name="plan">The table and the workers' settings; its faults are the caller's to make.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="time">The clock of the engine in this process; null takes the machine's.</param>
    public static async Task<CrashSite> MakeAsync(CrashPostgres postgres, CrashPlan plan, CancellationToken cancel, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(postgres);
        ArgumentNullException.ThrowIfNull(plan);
        var database = $"seed_{plan.Seed}";
        await postgres.CreateDatabaseAsync(database, cancel);
        var site = new CrashSite(postgres, database, plan, await ScriptedProvider.StartAsync(token: cancel), time ?? TimeProvider.System);
        site.Provider.Script.Latency = plan.Latency;
        if (plan.Holds)
            site.Provider.Script.Play(Deviation.Named("hang"), Occasion.After((plan.Faults[0].AtRow / plan.RequestSize) + 1));
        await site.Table.MakeAsync(cancel);
        await Migrations.ApplyAsync(site.Services.GetRequiredService<NpgsqlDataSource>(), cancel);
        return site;
    }

    /// <summary>Lets the provider answer again, if it was held.</summary>
    internal void LetGo()
    {
        if (!Plan.Holds)
            return;
        Provider.Script.Clear();
        Provider.Script.Latency = Plan.Latency;
    }

    /// <summary>Starts a run. That the app's table has a trigger, which writes down every vector that arrives, is agreed to.</summary>
    public async Task<Run> StartAsync(StartRequest request, CancellationToken cancel) => await Control.StartAsync(await Services.AcceptedAsync(request, cancel), Operator, cancel);

    /// <summary>Starts another worker.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <param name="alone">Whether it has the machine to itself.</param>
    public async Task<WorkerProcess> StartWorkerAsync(CancellationToken cancel, bool alone = false)
    {
        var relay = new PostgresRelay(Postgres.Port);
        var log = Path.Combine(_folder, $"{Interlocked.Increment(ref _logs)}.log");
        var worker = await WorkerProcess.StartAsync(Settings(relay.Through(Address)), relay, log, cancel, alone);
        lock (_all)
            _all.Add(worker);
        return worker;
    }

    /// <summary>The worker that writes: the one whose last page is the newest.</summary>
    public async Task<WorkerProcess?> WorkingAsync(CancellationToken cancel)
    {
        var port = await ScalarAsync<int?>("select port from lab.arrival order by no desc limit 1", cancel);
        return port is { } known ? Workers.FirstOrDefault(worker => worker.Relay.Owns(known)) : null;
    }

    /// <summary>One value; asked again while the server does not answer.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await using var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
                return await command.ExecuteScalarAsync(cancel) is { } value and not DBNull ? (T)value : default;
            }
            catch (NpgsqlException down) when (down.IsTransient)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancel);
            }
        }
    }

    /// <summary>The run's record; asked again while the server does not answer.</summary>
    public async Task<Run> FindAsync(long run, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return (await Store.FindAsync(run, cancel))!;
            }
            catch (NpgsqlException down) when (down.IsTransient)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancel);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_all.Select(worker => worker.SignalAsync("KILL", CancellationToken.None)));
        foreach (var worker in _all)
            await worker.DisposeAsync();
        await Provider.DisposeAsync();
        await Services.DisposeAsync();
        await Postgres.DropDatabaseAsync(_database, CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    private ServiceProvider Build(TimeProvider time)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time);
        services.AddLogging();
        services.AddEmbeddingAdmin(new ConfigurationBuilder().AddInMemoryCollection(Settings(Address)).Build());
        return services.BuildServiceProvider();
    }

    /// <summary>The settings of a process that works here.</summary>
    /// <param name="connectionString">Its way to the database.</param>
    internal Dictionary<string, string?> Settings(string connectionString) => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings:Postgres"] = connectionString,
        ["Embeddings:Provider"] = "openai",
        ["Embeddings:Endpoint"] = Provider.Endpoint,
        ["Embeddings:ApiKey"] = ApiKey,
        ["Embeddings:BatchSize"] = $"{Plan.RequestSize}",
        ["Backfill:BatchSize"] = $"{Plan.PageSize}",
        ["Tables:0:Name"] = AppTable.Name,
        ["Tables:0:Vector"] = "embedding",
        ["Tables:0:Text"] = "{title}\n{content}",
    };
}
