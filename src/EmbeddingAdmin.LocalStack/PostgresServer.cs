using System.Globalization;
using Npgsql;

namespace EmbeddingAdmin.Local;

/// <summary>A server of our own: its data folder, its process, its address.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly GuardedProcess guarded;

    private PostgresServer(GuardedProcess process, string connectionString, string version)
    {
        guarded = process;
        ConnectionString = connectionString;
        Version = version;
    }

    /// <summary>The superuser's, to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    /// <summary>Such as <c>17.6</c>.</summary>
    public string Version { get; }

    public static async Task<PostgresServer> StartAsync(PostgresPrograms programs, PostgresUser user, string folder, string password,
        LocalStackOptions options, IProgress<string> steps, CancellationToken cancel, Func<int>? nextPort = null)
    {
        await StopOrphanAsync(folder, options.Clock, steps, cancel);
        if (!File.Exists(Path.Combine(folder, "PG_VERSION"))) await InitAsync(programs, user, folder, password, steps, cancel);
        steps.Report("Starting PostgreSQL");
        for (var tries = 1; ; tries++)
        {
            var port = (nextPort ?? FreePort.Next)();
            var process = GuardedProcess.Start([.. user.Prefix, programs.Server, "-D", folder, .. Settings(port, options.Durable)], "INT", options.Clock, folder);
            try
            {
                var connectionString = Address(port, password);
                var version = await ReadyAsync(process, connectionString, options.Clock, cancel);
                if (version is not null) return new PostgresServer(process, connectionString, version);
            }
            catch
            {
                await process.DisposeAsync();
                throw;
            }
            var said = process.LastLines.Where(line => line.Contains("FATAL", StringComparison.Ordinal) || line.Contains("could not bind", StringComparison.Ordinal)).ToArray();
            await process.DisposeAsync();
            if (tries == FreePort.Tries || !said.Any(line => line.Contains("could not", StringComparison.Ordinal)))
                throw new LocalStackException($"PostgreSQL ended at its start: {said.LastOrDefault() ?? "it said nothing"}. Its files are in {folder}.");
        }
    }

    public ValueTask DisposeAsync() => guarded.DisposeAsync();

    /// <summary>The superuser's connection string to a server of ours on loopback.</summary>
    internal static string Address(int port, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = "postgres",
        Password = password,
        Database = "postgres",
        // Otherwise every first connection asks for Kerberos, and the answer is logged as a fault on some hosts.
        GssEncryptionMode = GssEncryptionMode.Disable,
        SslMode = SslMode.Disable,
        Timezone = "UTC",
        // The default, said aloud: without options Npgsql would take those of PGOPTIONS, which are meant for somebody else's server.
        Options = "-c datestyle=ISO",
    }.ConnectionString;

    private static IEnumerable<string> Settings(int port, bool durable)
    {
        string[] settings =
        [
            $"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "jit=off", "max_connections=200",
            // The packages look for time zones in the host's folder, and slim hosts have none.
            File.Exists("/usr/share/zoneinfo/UTC") ? "timezone=UTC" : "timezone=GMT",
        ];
        string[] careless = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        return settings.Concat(durable ? [] : careless).SelectMany(setting => (string[])["-c", setting]);
    }

    private static async Task InitAsync(PostgresPrograms programs, PostgresUser user, string folder, string password, IProgress<string> steps, CancellationToken cancel)
    {
        steps.Report("Making the database's files");
        // Beside, then renamed: a start that is killed here leaves nothing that looks finished.
        var beside = $"{folder}.new";
        if (Directory.Exists(beside)) Directory.Delete(beside, recursive: true);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        PrivateFile.CreateFolder(beside);
        var passwordFile = $"{folder}.password";
        PrivateFile.Write(passwordFile, password);
        try
        {
            await user.GiveAsync(beside, cancel);
            await user.GiveAsync(passwordFile, cancel);
            await Command.RequireAsync("initdb", [.. user.Prefix, .. programs.InitDb, "-D", beside, "-U", "postgres", $"--pwfile={passwordFile}",
                "--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                "--encoding=UTF8", "--no-sync"], cancel);
        }
        finally
        {
            File.Delete(passwordFile);
        }
        Directory.Move(beside, folder);
    }

    /// <summary>The server's version when it answers; null when the process has ended.</summary>
    private static async Task<string?> ReadyAsync(GuardedProcess process, string connectionString, TimeProvider clock, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5 }.ConnectionString;
        // A stranger may listen on the port and say nothing: then our process ends by itself, and that decides.
        using var trying = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        while (!process.Exited.IsCompleted)
        {
            try
            {
                await using var connection = new NpgsqlConnection(unpooled);
                var opening = connection.OpenAsync(trying.Token);
                if (await Task.WhenAny(opening, process.Exited) == process.Exited) await trying.CancelAsync();
                await opening;
                return connection.PostgreSqlVersion.ToString(2);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception notYet) when (notYet is NpgsqlException or TimeoutException)
            {
                if (clock.GetElapsedTime(started) > StartLimit) throw new LocalStackException($"PostgreSQL did not answer within a minute of its start: {notYet.Message}", notYet);
            }
            await Task.WhenAny(process.Exited, Task.Delay(Poll, clock, cancel));
            cancel.ThrowIfCancellationRequested();
        }
        return null;
    }

    /// <summary>
    /// A guard that was killed together with us leaves its server behind. Its pid file names it, but pids come round again: only a
    /// process that runs on this very folder is ours, and a file that names another would stop Postgres from starting.
    /// </summary>
    private static async Task StopOrphanAsync(string folder, TimeProvider clock, IProgress<string> steps, CancellationToken cancel)
    {
        var path = Path.Combine(folder, "postmaster.pid");
        if (!File.Exists(path)) return;
        var first = (await File.ReadAllLinesAsync(path, cancel)).FirstOrDefault();
        if (int.TryParse(first, CultureInfo.InvariantCulture, out var pid) && Orphan.CommandLine(pid).Contains(folder, StringComparer.Ordinal))
        {
            steps.Report("Stopping a PostgreSQL that an earlier start left behind");
            await Orphan.StopAsync(pid, "INT", clock, cancel);
        }
        File.Delete(path);
    }
}
