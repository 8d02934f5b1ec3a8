using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>
/// Several instances side by side, as somebody has them who deploys: one that only shows the dashboard, and workers that a test starts, stops,
/// kills and freezes. They share a database with a few hundred stories, and a scripted provider.
/// </summary>
public sealed class Fleet(Server server) : IAsyncLifetime
{
    /// <summary>What is typed to sign in.</summary>
    internal const string SignInToken = "planted-token-90be17";

    /// <summary>The password of <see cref="Role"/>.</summary>
    internal const string Password = "planted-fleet-c27f04";

    /// <summary>The table that is embedded.</summary>
    internal const string Table = "stories";

    /// <summary>Its rows, all with text.</summary>
    internal const int Rows = 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-").FullName;
    private readonly List<AppProcess> _workers = [];
    private TestDatabase? _database;
    private ScriptedProvider? _provider;
    private AppProcess? _dashboard;
    private Uri? _address;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal ScriptedProvider Provider => _provider ?? throw new InvalidOperationException("The fleet was not started.");

    /// <summary>A superuser's way to the database, past the app.</summary>
    internal TestDatabase Database => _database ?? throw new InvalidOperationException("The fleet was not started.");

    /// <summary>The role that the app connects as; other fleets are on the same server.</summary>
    internal string Role => $"fleet_of_{Database.Name}";

    /// <summary>Where the dashboard is.</summary>
    internal Uri Address => _address ?? throw new InvalidOperationException("The fleet was not started.");

    /// <summary>The worker that was started last.</summary>
    internal AppProcess Worker => _workers[^1];

    /// <summary>Everything that the instances said.</summary>
    internal string Said => string.Join('\n', _workers.Append(_dashboard).Select(process => process?.Said));

    public async ValueTask InitializeAsync()
    {
        _database = await server.CloneAsync(Cancel);
        await Database.ExecuteAsync(
            $"""
            drop role if exists {Role};
            create role {Role} login superuser password '{Password}';
            delete from {Table} where id not in (select id from {Table} where title is not null and content is not null order by id limit {Rows});
            delete from profiles;
            """, Cancel);
        _provider = await ScriptedProvider.StartAsync(token: Cancel);
        _dashboard = Start("dashboard");
        _address = await _dashboard.AddressAsync(Cancel);
        // The schema is there when the dashboard can answer.
        using var http = new HttpClient { BaseAddress = _address };
        await UntilAsync(async () => (await http.GetAsync("/readyz", Cancel)).IsSuccessStatusCode, "The dashboard does not get ready.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _workers.Append(_dashboard).OfType<AppProcess>())
            await process.DisposeAsync();
        if (_provider is not null)
            await _provider.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Nothing is embedded, the provider behaves, no run is open: whatever the test before this one left. A worker is up.</summary>
    internal async Task ReadyAsync(bool worker = true)
    {
        Provider.Script.Clear();
        await Database.ExecuteAsync($"update {Table} set embedding = null where embedding is not null", Cancel);
        if (await Database.ScalarAsync<bool>("select exists (select from embedding_admin.run where status not in ('succeeded', 'cancelled', 'errored'))", Cancel))
        {
            // Only after a test that failed half-way.
            await WithoutWorkersAsync();
            await Database.ExecuteAsync("update embedding_admin.run set status = 'cancelled', version = version + 1, ended_at = now() where status not in ('succeeded', 'cancelled', 'errored')", Cancel);
        }

        if (!worker)
            await StopWorkersAsync();
        else if (_workers.Count == 0)
            await StartWorkerAsync();
    }

    /// <summary>The provider answers so many calls more, and holds its answers back.</summary>
    internal async Task HoldAfterAsync(int answers)
    {
        var before = Provider.Counts.Answered;
        Provider.Script.Hang = true;
        for (var given = 1; given <= answers; given++)
        {
            Provider.Script.Step();
            await Provider.Counts.WhenAsync(counts => counts.Answered >= before + given, Cancel);
        }
    }

    /// <summary>
    /// As soon as a run has been asked to end its pages, what is held back is answered; whatever is asked after it takes a second, in which a
    /// worker hears of the request.
    /// </summary>
    internal async Task LetGoAsync(long run)
    {
        await UntilAsync(() => Database.ScalarAsync<bool>($"select status in ('pausing', 'paused', 'cancelling', 'cancelled') from embedding_admin.run where id = {run}", Cancel), "Nothing was asked of the run.");
        Provider.Script.Latency = TimeSpan.FromSeconds(1);
        Provider.Script.Hang = false;
    }

    /// <summary>How many rows have a vector.</summary>
    internal Task<long> WrittenAsync() => Database.ScalarAsync<long>($"select count(embedding) from {Table}", Cancel);

    /// <summary>Starts a worker, and waits until it is up.</summary>
    /// <param name="settings">Settings beside those of all instances, as variables spell them.</param>
    internal async Task StartWorkerAsync(params (string Name, string Value)[] settings)
    {
        _workers.Add(Start("worker", settings));
        await Worker.AddressAsync(Cancel);
    }

    /// <summary>Freezes or kills the worker that drives a run, between two of its transactions: a write in hand would hold the run's row.</summary>
    /// <param name="signal"><c>STOP</c> or <c>KILL</c>.</param>
    /// <param name="run">The run.</param>
    internal async Task StrikeAsync(string signal, long run)
    {
        do
        {
            await Worker.SignalAsync("CONT", Cancel);
            await IsAtRestAsync(run);
            await Worker.SignalAsync("STOP", Cancel);
        }
        while (!await RestsAsync(run));
        await Worker.SignalAsync(signal, Cancel);
    }

    /// <summary>Waits until a run has no transaction open.</summary>
    internal Task IsAtRestAsync(long run) => UntilAsync(() => RestsAsync(run), "The worker is still at work.");

    /// <summary>Ends all workers as a supervisor does: with SIGTERM.</summary>
    /// <returns>Their exit codes.</returns>
    internal async Task<IReadOnlyList<int>> StopWorkersAsync()
    {
        var codes = await Task.WhenAll(_workers.Select(worker => worker.TerminateAsync(Cancel)));
        await WithoutWorkersAsync();
        return codes;
    }

    /// <summary>Kills all workers where they stand.</summary>
    internal async Task WithoutWorkersAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        _workers.Clear();
    }

    /// <summary>Cuts every connection of the app, as a failover or a restart of a pooler does.</summary>
    internal Task CutAsync() => Database.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{Role}'", Cancel);

    /// <summary>Every text has its own vector, bit for bit.</summary>
    internal async Task EveryTextHasItsVectorAsync()
    {
        var sql = await TableFacts.OfAsync(this);
        Faultless.Assert(Oracle.Differences((await sql.RowsAsync()).Where(row => row.Text.Length > 0)));
    }

    /// <summary>Waits until it holds, and says what the instances said when it does not.</summary>
    internal async Task UntilAsync(Func<Task<bool>> holds, string otherwise)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMinutes(2))
                throw new TimeoutException($"{otherwise}\n{Said}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }
    }

    private Task<bool> RestsAsync(long run) => Database.ScalarAsync<bool>(
        $"select not exists (select from pg_stat_activity where usename = '{Role}' and (state like 'idle in transaction%' or application_name like '%/{run}' and xact_start is not null))", Cancel);

    private AppProcess Start(string role, params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Role"] = role,
            ["ConnectionStrings__Postgres"] = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = Role, Password = Password, Pooling = true }.ConnectionString,
            ["Database__AutoMigrate"] = "true",
            ["Embeddings__Provider"] = "openai",
            ["Embeddings__Endpoint"] = Provider.Endpoint,
            ["Embeddings__ApiKey"] = "sk-planted-2d61a0f3b8",
            ["Embeddings__Concurrency"] = "1",
            ["Backfill__BatchSize"] = "30",
            ["Verify__SecondLookSeconds"] = "1",
            ["SignIn__Token"] = SignInToken,
            ["SignIn__AttemptsPerMinute"] = "1000",
            ["SignIn__AttemptsPerMinuteOfAll"] = "1000",
            ["DataProtection__Folder"] = Path.Combine(_folder, "keys"),
        };
        foreach (var (name, value) in DemoTables.Settings)
            settings[name.Replace(":", "__", StringComparison.Ordinal)] = value!;
        foreach (var (name, value) in more)
            settings[name] = value;
        return AppProcess.Start(settings, "--urls=http://127.0.0.1:0");
    }
}
