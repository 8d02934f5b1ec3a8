using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Browser;
using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// A Postgres that can be stopped in an instant, as if its process had crashed, and comes back on the same port. It syncs every commit to
/// the disk, so that what it said to be committed has to be there afterwards.
/// </summary>
public sealed class CrashPostgres : IAsyncDisposable
{
    private const string Pattern = "crash_pattern";
    private const string StandbySignal = "standby.signal";

    private readonly FileStream _folderLock;
    private readonly Func<Task<PostgresServer>> _start;
    private readonly string _folder;
    private PostgresServer _server;

    private CrashPostgres(FileStream folderLock, string folder, Func<Task<PostgresServer>> start, PostgresServer server, string password) =>
        (_folderLock, _folder, _start, _server, Password) = (folderLock, folder, start, server, password);

    /// <summary>The superuser's password: a secret that must show up nowhere.</summary>
    public string Password { get; }

    /// <summary>The port, which stays the same over all starts.</summary>
    public int Port => new NpgsqlConnectionStringBuilder(_server.ConnectionString).Port;

    /// <summary>Starts one on a folder that no other process uses.</summary>
    public static async Task<CrashPostgres> StartAsync(CancellationToken cancel)
    {
        var folders = Directory.CreateDirectory(Path.Combine(Checkout.Root, ".localstack/crash")).FullName;
        for (var number = 1; ; number++)
        {
            var candidate = Path.Combine(folders, $"{number}");
            if (ExclusiveFile.TryHold($"{candidate}.lock") is not { } held)
                continue;
            try
            {
                return await StartAsync(held, candidate, cancel);
            }
            catch
            {
                await held.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>The superuser's connection string to a database.</summary>
    public string Address(string database) => new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Database = database }.ConnectionString;

    /// <summary>A database with pgvector in it; one of that name is dropped first.</summary>
    public async Task CreateDatabaseAsync(string name, CancellationToken cancel)
    {
        await using var admin = await OpenAsync("postgres", cancel);
        await DemoDatabase.ExecuteAsync(admin, $"drop database if exists {name} with (force)", cancel);
        await DemoDatabase.ExecuteAsync(admin, $"create database {name} template {Pattern}", cancel);
    }

    /// <summary>Drops a database and whoever is connected to it.</summary>
    public async Task DropDatabaseAsync(string name, CancellationToken cancel)
    {
        await using var admin = await OpenAsync("postgres", cancel);
        await DemoDatabase.ExecuteAsync(admin, $"drop database if exists {name} with (force)", cancel);
    }

    /// <summary>Ends the server as a crash does: nothing is written down any more. Recovery is left to the next start.</summary>
    public async Task StopAtOnceAsync(CancellationToken cancel)
    {
        var postmaster = (await File.ReadAllLinesAsync(Path.Combine(_folder, "postmaster.pid"), cancel))[0];
        await Signal.SendAsync("QUIT", int.Parse(postmaster), cancel);
        await _server.DisposeAsync();
    }

    /// <summary>Starts the server again, and waits until it answers.</summary>
    public async Task StartAgainAsync() => _server = await _start();

    /// <summary>Starts the server again as a standby without a primary: it answers, and takes no writes until it is promoted.</summary>
    public async Task StartAsStandbyAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, StandbySignal), "");
        await StartAgainAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _folderLock.DisposeAsync();
    }

    private static async Task<CrashPostgres> StartAsync(FileStream held, string dataFolder, CancellationToken cancel)
    {
        var options = new LocalStackOptions { DataFolder = dataFolder, Durable = true };
        if (DebianPostgres.WhyNot(options) is { } whyNot)
            throw new InvalidOperationException($"A server that can be crashed is made of Debian's packages, and they cannot be used here: {whyNot}.");
        PrivateFile.CreateFolder(dataFolder);
        var user = await PostgresUser.ChooseAsync(cancel);
        var programs = await DebianPostgres.GetAsync(options, user, new Progress<string>(), cancel);
        var folder = Path.Combine(await user.ReachableAsync(dataFolder, cancel), "pg");
        var password = Secrets.ReadOrMake(dataFolder).PostgresPassword;
        // What a killed test left.
        if (File.Exists(Path.Combine(folder, StandbySignal)))
            File.Delete(Path.Combine(folder, StandbySignal));
        var port = 0;
        var server = await BeginAsync();
        port = new NpgsqlConnectionStringBuilder(server.ConnectionString).Port;
        var postgres = new CrashPostgres(held, folder, BeginAsync, server, password);
        await postgres.MakePatternAsync(cancel);
        return postgres;

        Task<PostgresServer> BeginAsync() => PostgresServer.StartAsync(
            programs, user, folder, password, options, new Progress<string>(), CancellationToken.None, () => port == 0 ? FreePort.Next() : port);
    }

    private async Task MakePatternAsync(CancellationToken cancel)
    {
        await using var admin = await OpenAsync("postgres", cancel);
        // Recovery syncs every file before it begins; one by one that takes seconds.
        await DemoDatabase.ExecuteAsync(admin, "alter system set recovery_init_sync_method = 'syncfs'", cancel);
        // Killed runs of this program leave their databases.
        await using (var find = new NpgsqlCommand("select array_agg(datname::text) from pg_database where datname ~ '^seed_'", admin))
        {
            foreach (var left in await find.ExecuteScalarAsync(cancel) as string[] ?? [])
                await DemoDatabase.ExecuteAsync(admin, $"drop database {left} with (force)", cancel);
        }

        await using (var find = new NpgsqlCommand($"select 1 from pg_database where datname = '{Pattern}'", admin))
        {
            if (await find.ExecuteScalarAsync(cancel) is not null)
                return;
        }

        await DemoDatabase.ExecuteAsync(admin, $"drop database if exists {Pattern}_new", cancel);
        await DemoDatabase.ExecuteAsync(admin, $"create database {Pattern}_new", cancel);
        await using (var connection = await OpenAsync($"{Pattern}_new", cancel))
            await DemoDatabase.MakeRolesAsync(connection, cancel);
        await DemoDatabase.ExecuteAsync(admin, $"alter database {Pattern}_new rename to {Pattern}", cancel);
    }

    private Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancel) =>
        DemoDatabase.OpenAsync(new NpgsqlConnectionStringBuilder(Address(database)) { Pooling = false }.ConnectionString, cancel);
}
