using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>
/// Somebody's own project: a database and its API that the app knows nothing of, a provider in place of OpenAI, and a folder with an
/// <c>.env</c> for the app to be started in.
/// </summary>
public sealed class OwnProject : IAsyncLifetime
{
    /// <summary>The provider's key; no other text holds it.</summary>
    internal const string ProviderKey = "sk-planted-8d20b7c16f";

    private readonly string _root = Directory.CreateTempSubdirectory("own-project-").FullName;
    private LocalStack? _stack;
    private ScriptedProvider? _provider;
    private NpgsqlDataSource? _database;

    internal ScriptedProvider Provider => _provider ?? throw new InvalidOperationException("The project was not made.");

    internal LocalStackConnection Stack => _stack?.Connection ?? throw new InvalidOperationException("The project was not made.");

    /// <summary>A connection of the test's own, past the app.</summary>
    internal NpgsqlDataSource Database => _database ?? throw new InvalidOperationException("The project was not made.");

    /// <summary>The connection as Supabase hands it out.</summary>
    internal string ConnectionUri(string? password = null)
    {
        var parts = new NpgsqlConnectionStringBuilder(Stack.ConnectionString);
        return $"postgresql://{parts.Username}:{password ?? parts.Password}@{parts.Host}:{parts.Port}/{parts.Database}";
    }

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        File.Copy(Path.Combine(Checkout.Root, "appsettings.json"), Path.Combine(_root, "appsettings.json"));
        _stack = await LocalStack.StartAsync(new LocalStackOptions { DataFolder = Path.Combine(_root, "project"), Durable = false }, new Progress<string>(), cancel);
        _provider = await ScriptedProvider.StartAsync(token: cancel);
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Stack.ConnectionString) { Pooling = false });
        await using var few = _database.CreateCommand(
            """
            delete from stories where id not in (select id from stories order by id limit 150);
            delete from profiles where id not in (select id from profiles order by id limit 110);
            """);
        await few.ExecuteNonQueryAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Provider.DisposeAsync();
        await _stack!.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>Starts the app with this <c>.env</c> and nothing else to go by.</summary>
    internal AppProcess Start(params string[] env)
    {
        File.WriteAllLines(Path.Combine(_root, ".env"), env);
        return AppProcess.StartIn(
            _root,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DataProtection__Folder"] = Path.Combine(_root, "keys"),
                ["SignIn__AttemptsPerMinute"] = "1000",
                ["SignIn__AttemptsPerMinuteOfAll"] = "1000",
            },
            "--urls=http://127.0.0.1:0");
    }

    /// <summary>The lines that somebody puts into <c>.env</c>.</summary>
    internal string[] Env(string? connection = null, string? serviceKey = null) =>
    [
        $"SUPABASE_DB_URL={connection ?? ConnectionUri()}",
        $"SUPABASE_URL={Stack.ApiUrl}",
        $"SUPABASE_SERVICE_ROLE_KEY={serviceKey ?? Stack.ServiceKey}",
        $"OPENAI_API_KEY={ProviderKey}",
        $"OPENAI_BASE_URL={Provider.Endpoint}",
    ];
}
