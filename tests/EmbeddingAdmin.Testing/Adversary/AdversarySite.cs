using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Texts;
using Npgsql;

namespace EmbeddingAdmin.Testing.Adversary;

/// <summary>Where a seed is tried: a database with the table, the provider, and the engine in this process as the role that writes.</summary>
internal sealed class AdversarySite : IAsyncDisposable
{
    public const int Dimensions = 24;

    public static readonly Actor Operator = new("operator", "adversary");

    private static readonly NaturalText[] Texts = [.. NaturalTexts.All().Take(90)];

    private readonly NpgsqlDataSource _plain;

    private AdversarySite(TestDatabase database, AdversaryPlan plan, ScriptedProvider provider)
    {
        (Database, Provider) = (database, provider);
        var writer = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = Role, Password = "pass" }.ConnectionString;
        (Engine, _plain) = (Build(writer, plan), NpgsqlDataSource.Create(writer));
        Watcher = Build(database.ConnectionString, plan);
    }

    /// <summary>The database, as a superuser.</summary>
    public TestDatabase Database { get; }

    public ScriptedProvider Provider { get; }

    /// <summary>The engine as the role that writes.</summary>
    public ServiceProvider Engine { get; }

    /// <summary>The engine as a superuser; it only looks.</summary>
    public ServiceProvider Watcher { get; }

    /// <summary>The role that writes. Roles belong to the cluster, so each database has its own.</summary>
    public string Role => $"writer_of_{Database.Name}";

    public static async Task<AdversarySite> MakeAsync(TestPostgres postgres, AdversaryPlan plan, CancellationToken cancel)
    {
        var database = await postgres.CloneAsync(TestPostgres.Empty, cancel);
        await database.ExecuteAsync($"create table stories (id bigint primary key, title text, content text, likes int not null default 0, embedding extensions.vector({Dimensions}))", cancel);
        await using (var connection = await database.DataSource.OpenConnectionAsync(cancel))
        await using (var copy = await connection.BeginBinaryImportAsync("copy stories (id, title, content) from stdin (format binary)", cancel))
        {
            for (var n = 0; n < plan.Rows; n++)
                await copy.WriteRowAsync(cancel, (long)n + 1, Texts[n].Title, Texts[n].Content);
            await copy.CompleteAsync(cancel);
        }

        if (plan.UnstampedEvery > 0)
            await database.ExecuteAsync($"update stories set embedding = array_fill(0.5, array[{Dimensions}])::extensions.vector where id % {plan.UnstampedEvery} = 0", cancel);
        var site = new AdversarySite(database, plan, await ScriptedProvider.StartAsync(token: cancel));
        site.Provider.Script.Latency = plan.Latency;
        await Migrations.ApplyAsync(site.Watcher.GetRequiredService<NpgsqlDataSource>(), cancel);
        await database.ExecuteAsync(
            $"""
            drop role if exists {site.Role};
            create role {site.Role} login password 'pass' {plan.Writer switch { WriterKind.Bypassing => "bypassrls", WriterKind.Superuser => "superuser", _ => "" }};
            grant usage on schema public, extensions, embedding_admin to {site.Role};
            grant all on all tables in schema embedding_admin to {site.Role}; grant all on all sequences in schema embedding_admin to {site.Role};
            grant select, update on stories to {site.Role};
            {(plan.Writer == WriterKind.Owner ? $"alter table stories owner to {site.Role};" : "")}
            """, cancel);
        return site;
    }

    /// <summary>Whether an update of the first row sticks for the role that writes. Asked without a look at how the product asks it.</summary>
    public async Task<bool> SticksAsync(CancellationToken cancel)
    {
        var test = $"array_fill(0.25, array[{Dimensions}])::extensions.vector";
        await using var connection = await _plain.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        try
        {
            await using var write = new NpgsqlCommand($"set local row_security = off; update stories set embedding = {test} where id = 1; set constraints all immediate", connection, transaction);
            await write.ExecuteNonQueryAsync(cancel);
            await using var look = new NpgsqlCommand($"select coalesce(embedding = {test}, false) from stories where id = 1", connection, transaction);
            return await look.ExecuteScalarAsync(cancel) is true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Watcher.DisposeAsync();
        await _plain.DisposeAsync();
        await Provider.DisposeAsync();
        await Database.ExecuteAsync($"reassign owned by {Role} to current_user; drop owned by {Role}; drop role {Role}", CancellationToken.None);
        await Database.DisposeAsync();
    }

    private ServiceProvider Build(string connectionString, AdversaryPlan plan)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:Postgres"] = connectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = Provider.Endpoint,
            ["Embeddings:ApiKey"] = "test-key",
            ["Embeddings:BatchSize"] = $"{plan.PageSize}",
            ["Embeddings:Concurrency"] = $"{plan.Concurrency}",
            ["Backfill:BatchSize"] = $"{plan.PageSize}",
            ["Tables:0:Name"] = "stories",
            ["Tables:0:Vector"] = "embedding",
            ["Tables:0:Text"] = "{title}\n{content}",
        }).Build());
        return services.BuildServiceProvider();
    }
}
