using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Privileges;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>
/// Stories and profiles behind row-level security, our own schema made by the superuser with the scheduler's tables in it, and the role that is
/// printed for them. Roles belong to the server and this one's name is always the same, so tests of it run one after the other.
/// </summary>
internal sealed class WriterSite : IAsyncDisposable
{
    public const string Role = "embedding_writer";
    public const string Owner = "tables_owner";

    private const string Password = "pass-of-the-writer";

    private static readonly (string Key, string Value)[] Settings =
    [
        ("Tables:0:Filter", "likes=gte.0"), ("Tables:0:Owner", "author"), ("Tables:0:CreatedAt", "made_at"),
        ("Tables:1:Name", "profiles"), ("Tables:1:Vector", "preference_embedding"), ("Tables:1:Text", "{bio}\n{preferences->likes}"),
    ];

    private readonly List<IAsyncDisposable> _parts = [];

    private WriterSite(TestEngine engine) => Engine = engine;

    public TestEngine Engine { get; }

    public static async Task<WriterSite> StartAsync(TestPostgres postgres, bool rowSecurity = true)
    {
        var engine = await TestEngine.StartAsync(postgres, 60, Settings);
        var site = new WriterSite(engine);
        await site.ForgetAsync();
        await engine.Database.ExecuteAsync(
            $$"""
            create role {{Owner}} nologin;
            grant usage on schema extensions to {{Owner}};
            alter table stories add column author text, add column made_at timestamptz not null default now(), add column secret text not null default 'hush';
            create type mood as enum ('calm', 'wild');
            create table profiles (id uuid primary key default gen_random_uuid(), bio text, preferences jsonb not null default '{}', email text not null default 'hush', preference_embedding extensions.vector({{TestEngine.Dimensions}}));
            insert into profiles (bio, preferences) select 'They write of ' || title, jsonb_build_object('likes', jsonb_build_array(genre, 'tea'), 'shoes', 7) from stories limit 40;
            alter table stories owner to {{Owner}};
            alter table profiles owner to {{Owner}};
            """, TestEngine.Cancel);
        if (rowSecurity)
            await engine.Database.ExecuteAsync("alter table stories enable row level security; alter table profiles enable row level security; create policy readable on stories for select using (true)", TestEngine.Cancel);
        // The scheduler makes its tables when a host is up for the first time.
        await engine.HostAsync();
        await engine.UntilSqlAsync("select count(*) >= 15 from pg_tables where schemaname = 'embedding_admin' and starts_with(tablename, 'qrtz_')");
        await engine.StopHostsAsync();
        return site;
    }

    /// <summary>What is said of the superuser, whose statements make the role.</summary>
    public Task<PrivilegeReport> ReportAsync() => ReportAsync(Engine.Services);

    public static Task<PrivilegeReport> ReportAsync(IServiceProvider services) => services.GetRequiredService<LeastPrivilege>().ReadAsync(TestEngine.Cancel);

    /// <summary>Makes the role by the statements as they are printed, the password apart.</summary>
    public async Task MakeRoleAsync() => await RunAsync((await ReportAsync()).Sql.Replace("[YOUR-PASSWORD]", Password, StringComparison.Ordinal));

    public Task RunAsync(string sql) => Engine.Database.ExecuteAsync(sql, TestEngine.Cancel);

    /// <summary>A connection string of the role.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(Engine.Database.ConnectionString) { Username = Role, Password = Password }.ConnectionString;

    /// <summary>The engine as the role would have it.</summary>
    public ServiceProvider AsRole(string? connectionString = null)
    {
        var services = Engine.Another(connectionString ?? ConnectionString, Settings);
        _parts.Add(services);
        return services;
    }

    /// <summary>Drives a run from its start to its end.</summary>
    public static async Task<Run> DriveAsync(IServiceProvider services, RunKind kind, string table)
    {
        var (run, lease) = await services.GetControl().StartHereAsync(new(kind, table), TestEngine.Operator, TestEngine.Cancel);
        return await services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);
    }

    /// <summary>What Postgres says to a statement of the role: its code, or null when it was done.</summary>
    public async Task<string?> RefusalAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestEngine.Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        try
        {
            await command.ExecuteNonQueryAsync(TestEngine.Cancel);
            return null;
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }

    /// <summary>Every row of a table whose vector is not the oracle's for its own text, and those without one.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(string table)
    {
        var catalog = Engine.Services.GetRequiredService<TableCatalog>();
        var target = await catalog.ResolveAsync(catalog.Find(table)!, TestEngine.Cancel);
        await using var command = Engine.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand($"select t.{target.Key}::text, {target.Text.Expression}, t.{target.Vector} from {target.Relation} t");
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        var rows = new List<StoredRow>();
        while (await reader.ReadAsync(TestEngine.Cancel))
            rows.Add(new(reader.GetString(0), reader.GetString(1), await reader.IsDBNullAsync(2, TestEngine.Cancel) ? null : reader.GetFieldValue<ReadOnlyMemory<float>>(2).ToArray()));
        Assert.True(rows.Count >= 40);
        Assert.All(rows, row => Assert.NotNull(row.Vector));
        return Oracle.Differences(rows);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts)
            await part.DisposeAsync();
        await ForgetAsync();
        await Engine.DisposeAsync();
    }

    public void Own(IAsyncDisposable part) => _parts.Insert(0, part);

    private Task ForgetAsync() => Engine.Database.ExecuteAsync(
        string.Join('\n', ((string[])[Role, Owner]).Select(role => $"do $$ begin if exists (select from pg_roles where rolname = '{role}') then execute 'drop owned by {role} cascade'; execute 'drop role {role}'; end if; end $$;")), CancellationToken.None);
}
