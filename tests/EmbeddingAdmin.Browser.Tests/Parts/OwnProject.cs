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

    /// <summary>A password that is not the database's.</summary>
    internal const string WrongPassword = "planted-wrong-61e0d3";

    /// <summary>What may be typed instead of opening a link.</summary>
    internal const string SignInToken = "planted-token-77aa31";

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

    /// <summary>What must be seen nowhere: each secret by its name.</summary>
    internal IReadOnlyDictionary<string, string> Secrets => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["the provider's key"] = ProviderKey,
        ["the service key"] = Stack.ServiceKey ?? throw new InvalidOperationException(Stack.ApiMissing),
        ["the anonymous key"] = Stack.AnonKey!,
        ["the database's password"] = new NpgsqlConnectionStringBuilder(Stack.ConnectionString).Password!,
        ["a wrong password"] = WrongPassword,
        ["the token to sign in with"] = SignInToken,
    };

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
        return StartWith("--urls=http://127.0.0.1:0");
    }

    /// <summary>What a terminal in the same folder, and so with the same <c>.env</c>, says to a verb.</summary>
    internal async Task<string> SayAsync(params string[] words)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var terminal = StartWith(words);
        var code = await terminal.EndAsync(cancel);
        return code == 0 ? terminal.Said : throw new InvalidOperationException($"{string.Join(' ', words)} ended with {code}.\n{terminal.Said}");
    }

    private AppProcess StartWith(params string[] words) => AppProcess.StartIn(
        _root,
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DataProtection__Folder"] = Path.Combine(_root, "keys"),
            ["Verify__SecondLookSeconds"] = "1",
            ["SignIn__AttemptsPerMinute"] = "1000",
            ["SignIn__AttemptsPerMinuteOfAll"] = "1000",
        },
        words);

    /// <summary>Everything that the app keeps for itself in the database.</summary>
    internal async Task<IReadOnlyList<(string From, string Text)>> RecordsAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        var records = new List<(string, string)>();
        await using var tables = Database.CreateCommand("select c.relname::text, query_to_xml(format('select * from embedding_admin.%I', c.relname), false, true, '')::text from pg_class c where c.relnamespace = 'embedding_admin'::regnamespace and c.relkind = 'r'");
        await using var reader = await tables.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            records.Add(($"the table {reader.GetString(0)}", reader.GetString(1)));
        return records;
    }

    /// <summary>The lines that somebody puts into <c>.env</c>.</summary>
    internal string[] Env(string? connection = null, string? serviceKey = null) =>
    [
        $"SUPABASE_DB_URL={connection ?? ConnectionUri()}",
        $"SUPABASE_URL={Stack.ApiUrl}",
        $"SUPABASE_SERVICE_ROLE_KEY={serviceKey ?? Stack.ServiceKey}",
        $"OPENAI_API_KEY={ProviderKey}",
        $"OPENAI_BASE_URL={Provider.Endpoint}",
        $"SUPABASE_ANON_KEY={Stack.AnonKey}",
        $"EMBEDDINGADMIN_TOKEN={SignInToken}",
    ];
}
