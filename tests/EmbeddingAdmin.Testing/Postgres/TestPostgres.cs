using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Browser;
using Npgsql;

namespace EmbeddingAdmin.Testing.Postgres;

/// <summary>
/// A real Postgres of this test process's own, on the first numbered data folder that no other process uses. A class clones a
/// template and has a database to itself.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    /// <summary>Roles, schema <c>extensions</c> and pgvector.</summary>
    public const string Empty = "empty";

    /// <summary>As <see cref="Empty"/>, with the app's own schema, which takes longer to make than most tests do.</summary>
    public const string Ready = "ready";

    /// <summary>As <see cref="Empty"/>, with the demo's 5,000 stories and 1,500 profiles.</summary>
    public const string Demo = "demo";

    private const string Memory = "/dev/shm";

    // Several times what the tests of all programs have taken at once.
    private const long Room = 4L << 30;

    private readonly FileStream folderLock;
    private readonly LocalStack stack;
    private readonly string folder;
    private readonly SemaphoreSlim makingTemplates = new(1);
    private int clones;

    private TestPostgres(FileStream folderLock, LocalStack stack, string dataFolder)
    {
        this.folderLock = folderLock;
        this.stack = stack;
        folder = dataFolder;
        AdminConnectionString = new NpgsqlConnectionStringBuilder(stack.Connection.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString;
    }

    /// <summary>The superuser's, to the database <c>postgres</c>, unpooled.</summary>
    public string AdminConnectionString { get; }

    /// <summary>Takes a folder and starts the server; whatever the surroundings say of databases is ignored.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <param name="small">Whether memory has room for all that will be in it, where there is much of that.</param>
    public static async Task<TestPostgres> StartAsync(CancellationToken cancel, bool small = true)
    {
        ForgetAmbientDatabases();
        var folders = Directory.CreateDirectory(small && HasRoom ? InMemory : Path.Combine(Checkout.Root, ".localstack/tests")).FullName;
        for (var number = 1; ; number++)
        {
            var candidate = Path.Combine(folders, $"{number}");
            if (ExclusiveFile.TryHold($"{candidate}.lock") is not { } held) continue;
            try
            {
                var options = new LocalStackOptions { DataFolder = candidate, Durable = false, WithApi = false, WithDemo = false };
                var postgres = new TestPostgres(held, await LocalStack.StartAsync(options, new Progress<string>(), cancel), candidate);
                await postgres.DropLeftoversAsync(cancel);
                return postgres;
            }
            catch
            {
                await held.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>A database of one's own, made from a template in some 50 ms and dropped on disposal.</summary>
    /// <param name="template"><see cref="Empty"/>, <see cref="Ready"/> or <see cref="Demo"/>.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TestDatabase> CloneAsync(string template, CancellationToken cancel)
    {
        var pattern = $"template_{template}_{Key}";
        await MakeTemplateAsync(template, pattern, cancel);
        var name = $"test_{Interlocked.Increment(ref clones)}";
        await using var admin = await DemoDatabase.OpenAsync(AdminConnectionString, cancel);
        await DemoDatabase.ExecuteAsync(admin, $"""create database {name} template "{pattern}" """, cancel);
        // A template does not hand its settings down.
        await DemoDatabase.ExecuteAsync(admin, $"""alter database {name} set search_path = "$user", public, extensions""", cancel);
        return new TestDatabase(this, name);
    }

    /// <summary>The Supabase-compatible API on that database; it stops when the database is disposed of.</summary>
    /// <exception cref="LocalStackException">There is no API, and why.</exception>
    public async Task<(string Url, string AnonKey, string ServiceKey)> StartApiAsync(TestDatabase db, CancellationToken cancel)
    {
        await HostProgram.RequireAsync("npm", ["npm"], cancel);
        var options = new LocalStackOptions { DataFolder = folder };
        var modules = await ApiModules.GetAsync(options, new Progress<string>(), cancel);
        var secrets = Secrets.ReadOrMake(folder);
        var api = await SupabaseApi.StartAsync(modules, Path.Combine(folder, $"api-{db.Name}"), db.ConnectionString, secrets, options.Clock, cancel);
        db.Own(api);
        return (api.Url, secrets.AnonKey, secrets.ServiceKey);
    }

    /// <summary>A pooler before that database. Dispose of it before the database.</summary>
    /// <param name="db">The database.</param>
    /// <param name="mode">When a connection to the server goes to another client: after each <c>transaction</c>, or at the end of the <c>session</c>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="connection">As whom: a connection string to the database without the pooler; null for the superuser's.</param>
    public Task<TestPooler> StartPoolerAsync(TestDatabase db, CancellationToken cancel, string mode = "transaction", string? connection = null) =>
        TestPooler.StartAsync(db, folder, mode, connection ?? db.ConnectionString, cancel);

    /// <summary>Stops the server; its folder and templates stay for the next time, unless they take up memory.</summary>
    public async ValueTask DisposeAsync()
    {
        await stack.DisposeAsync();
        if (folder.StartsWith(Memory, StringComparison.Ordinal))
            Directory.Delete(folder, recursive: true);
        await folderLock.DisposeAsync();
        makingTemplates.Dispose();
    }

    private static bool HasRoom => Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace > Room;

    // Half of what a clone costs on a disk is the making of its files.
    private static string InMemory => Path.Combine(Memory, $"embedding-admin-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Checkout.Root)))[..8]}");

    // An assembly's version id is a hash of what it was built from: schemas, words and generator.
    private static string Key => string.Concat(new[] { typeof(LocalStack), typeof(Migrations) }.Select(type => type.Assembly.ManifestModule.ModuleVersionId.ToString("N")[..8]));

    private static void ForgetAmbientDatabases()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
            if (name is "DATABASE_URL" || name.StartsWith("PG", StringComparison.Ordinal) || name.StartsWith("SUPABASE_", StringComparison.Ordinal))
                Environment.SetEnvironmentVariable(name, null);
    }

    private async Task MakeTemplateAsync(string template, string pattern, CancellationToken cancel)
    {
        await makingTemplates.WaitAsync(cancel);
        try
        {
            await using var admin = await DemoDatabase.OpenAsync(AdminConnectionString, cancel);
            await using var find = new NpgsqlCommand("select 1 from pg_database where datname = $1", admin) { Parameters = { new() { Value = pattern } } };
            if (await find.ExecuteScalarAsync(cancel) is not null) return;
            var unfinished = $"unfinished_{template}";
            await DemoDatabase.ExecuteAsync(admin, $"create database {unfinished}", cancel);
            await using (var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(AdminConnectionString) { Database = unfinished }))
            await using (var connection = await database.OpenConnectionAsync(cancel))
            {
                await DemoDatabase.MakeRolesAsync(connection, cancel);
                if (template is Demo) await DemoDatabase.LoadAsync(connection, cancel);
                else if (template is Ready) await Migrations.ApplyAsync(database, cancel);
                else if (template is not Empty) throw new ArgumentOutOfRangeException(nameof(template), template, "The templates are empty, ready and demo.");
            }
            await DemoDatabase.ExecuteAsync(admin, $"""alter database {unfinished} rename to "{pattern}" """, cancel);
        }
        finally
        {
            makingTemplates.Release();
        }
    }

    /// <summary>What a killed process or an older build left in this folder.</summary>
    private async Task DropLeftoversAsync(CancellationToken cancel)
    {
        await using var admin = await DemoDatabase.OpenAsync(AdminConnectionString, cancel);
        var names = new List<string>();
        await using (var find = new NpgsqlCommand("""select datname from pg_database where datname ~ '^(test|unfinished|template)_' and datname !~ ('_' || $1 || '$')""", admin) { Parameters = { new() { Value = Key } } })
        await using (var reader = await find.ExecuteReaderAsync(cancel))
            while (await reader.ReadAsync(cancel)) names.Add(reader.GetString(0));
        foreach (var name in names) await DemoDatabase.ExecuteAsync(admin, $"""drop database "{name}" with (force)""", cancel);
    }
}
