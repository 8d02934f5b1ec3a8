using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Surroundings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Tables;

/// <summary>The databases of <see cref="Shapes"/>, one for each place of the extension, and the scripted provider.</summary>
public sealed class ShapesDatabases(AssemblyStack stack) : IAsyncLifetime
{
    public const int Dimensions = 24;

    public static readonly Actor Operator = new("Ada", "test");

    private readonly Dictionary<string, TestDatabase> _databases = new(StringComparer.Ordinal);
    private ScriptedProvider? _provider;

    public ScriptedProvider Provider => _provider!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _provider = await ScriptedProvider.StartAsync(token: Cancel);
        foreach (var shapes in Shapes.All.GroupBy(shape => shape.Extension))
        {
            var database = _databases[shapes.Key] = await stack.Postgres.CloneAsync(TestPostgres.Empty, Cancel);
            if (shapes.Key != "extensions")
                await database.ExecuteAsync($"drop extension vector; create schema if not exists \"{shapes.Key}\"; create extension vector schema \"{shapes.Key}\"", Cancel);
            foreach (var shape in shapes.Where(shape => shape.Sql.Length > 0))
                await database.ExecuteAsync(shape.Sql.Replace("@ext", $"\"{shapes.Key}\"", StringComparison.Ordinal), Cancel);
            await Migrations.ApplyAsync(database.DataSource, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
            await database.DisposeAsync();
        await Provider.DisposeAsync();
    }

    public TestDatabase this[string extension] => _databases[extension];

    /// <summary>The engine as somebody has it who configures these tables by a file; without one nothing is configured. The dimensions are those of columns without a size.</summary>
    public ServiceProvider Open(string extension, string? file, bool dimensions = true)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:Postgres"] = this[extension].ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = Provider.Endpoint,
            ["Embeddings:ApiKey"] = "test-key",
            ["Embeddings:Dimensions"] = dimensions ? $"{Dimensions}" : null,
            ["Backfill:BatchSize"] = "7",
            ["Verify:SecondLookSeconds"] = "0",
        });
        if (file is not null)
            settings.AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)));
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(settings.Build());
        return services.BuildServiceProvider();
    }

    /// <summary>Starts a run and drives it here until it stands still.</summary>
    public static async Task<Run> RunAsync(ServiceProvider services, RunKind kind, EmbeddingTable table, bool setsOff = false)
    {
        StartRequest request = new(kind, table.Name);
        var (run, lease) = await services.GetRequiredService<RunControl>().StartHereAsync(setsOff ? await services.AcceptedAsync(request, Cancel) : request, Operator, Cancel);
        return await services.GetRequiredService<Runner>().RunAsync(run, lease, Cancel);
    }

    /// <summary>What the table holds: key, and vector as <c>vector</c>.</summary>
    public static async Task<Dictionary<string, float[]?>> VectorsAsync(ServiceProvider services, Target target)
    {
        await using var command = services.GetRequiredService<NpgsqlDataSource>().CreateCommand($"select t.{target.Key}::text, {target.AsVector($"t.{target.Vector}")} from {target.Relation} t");
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new Dictionary<string, float[]?>(StringComparer.Ordinal);
        while (await reader.ReadAsync(Cancel))
            rows.Add(reader.GetString(0), await reader.IsDBNullAsync(1, Cancel) ? null : reader.GetFieldValue<ReadOnlyMemory<float>>(1).ToArray());
        return rows;
    }
}
