using System.Text.Json;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;

namespace EmbeddingAdmin.Database.Tests.Commands;

/// <summary>A test that types commands has a database of its own with the demo's tables.</summary>
public abstract class DemoCommands(AssemblyStack stack) : IAsyncLifetime
{
    private TestDatabase? _database;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected TestDatabase Database => _database!;

    /// <summary>The demo's tables, and a provider that asks nobody.</summary>
    protected (string Name, string Value)[] Unconfirmed => [("ConnectionStrings__Postgres", Database.ConnectionString), ("Embeddings__Provider", "local"), ("Verify__SecondLookSeconds", "1"), .. Tables];

    /// <summary>The same, where the schema may be made.</summary>
    protected (string Name, string Value)[] Local => [.. Unconfirmed, ("Database__AutoMigrate", "true")];

    private static IEnumerable<(string Name, string Value)> Tables => DemoTables.Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!));

    public async ValueTask InitializeAsync() => _database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The demo's tables, and the scripted provider.</summary>
    protected (string Name, string Value)[] WithProvider(ScriptedProvider provider, string? connection = null) =>
    [
        ("ConnectionStrings__Postgres", connection ?? Database.ConnectionString), ("Database__AutoMigrate", "true"), ("Embeddings__Provider", "openai"), ("Embeddings__Endpoint", provider.Endpoint), ("Embeddings__ApiKey", "sk-test"), ("Verify__SecondLookSeconds", "1"), .. Tables,
    ];

    protected static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private protected static long Rows(Ended ended, string outcome) => ended.Json.GetProperty("receipt").GetProperty(outcome).GetInt64();

    protected static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
