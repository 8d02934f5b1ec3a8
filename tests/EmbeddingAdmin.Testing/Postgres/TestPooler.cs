using EmbeddingAdmin.Local;
using Npgsql;

namespace EmbeddingAdmin.Testing.Postgres;

/// <summary>
/// A real PgBouncer before one test's database: it has fewer connections to the server than its clients have to it, and knows no prepared
/// statements. Whatever a client leaves in a session, the next one finds.
/// </summary>
public sealed class TestPooler : IAsyncDisposable
{
    /// <summary>How many connections to the server all clients share.</summary>
    public const int Servers = 4;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly IReadOnlyList<string> _command;
    private readonly string _folder;
    private GuardedProcess? _process;

    private TestPooler(IReadOnlyList<string> command, string folder, string connectionString) => (_command, _folder, ConnectionString) = (command, folder, connectionString);

    /// <summary>To the test's database, by way of the pooler. Holds nothing that a pooler refuses.</summary>
    public string ConnectionString { get; }

    /// <param name="database">The database that it leads to.</param>
    /// <param name="dataFolder">A folder of this test process's own.</param>
    /// <param name="mode">PgBouncer's <c>pool_mode</c>: <c>transaction</c> or <c>session</c>.</param>
    /// <param name="connection">As whom: a connection string to the database without the pooler.</param>
    /// <param name="cancel">Gives up.</param>
    internal static async Task<TestPooler> StartAsync(TestDatabase database, string dataFolder, string mode, string connection, CancellationToken cancel)
    {
        var options = new LocalStackOptions { DataFolder = dataFolder };
        if (DebianPgBouncer.WhyNot(options) is { } whyNot)
            throw new LocalStackException($"There is no PgBouncer to test with: Debian's packages cannot be used here ({whyNot}).");
        var user = await PostgresUser.ChooseAsync(cancel);
        var program = await DebianPgBouncer.GetAsync(options, user, new Progress<string>(), cancel);
        var folder = Path.Combine(await user.ReachableAsync(dataFolder, cancel), $"pooler-{Guid.NewGuid():N}"[..19]);
        PrivateFile.CreateFolder(folder);

        var server = new NpgsqlConnectionStringBuilder(connection);
        for (var tries = 1; ; tries++)
        {
            var port = FreePort.Next();
            PrivateFile.Write(Path.Combine(folder, "users"), $"{Quoted(server.Username!)} {Quoted(server.Password!)}\n");
            PrivateFile.Write(Path.Combine(folder, "pgbouncer.ini"), $"""
                [databases]
                {database.Name} = host={server.Host} port={server.Port}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = scram-sha-256
                auth_file = {folder}/users
                pool_mode = {mode}
                max_prepared_statements = 0
                default_pool_size = {Servers}
                max_client_conn = 200
                ignore_startup_parameters =
                server_login_retry = 1
                client_tls_sslmode = disable
                server_tls_sslmode = disable

                """);
            await user.GiveAsync(folder, cancel);
            var address = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Host = "127.0.0.1", Port = port, Options = null, Timezone = null }.ConnectionString;
            var pooler = new TestPooler([.. user.Prefix, .. program, Path.Combine(folder, "pgbouncer.ini")], folder, address);
            try
            {
                await pooler.StartAsync(cancel);
                return pooler;
            }
            catch (LocalStackException) when (tries < FreePort.Tries)
            {
                await pooler.StopAsync();
            }
            catch
            {
                await pooler.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Starts it, or starts it again after <see cref="StopAsync"/>, at the same address.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        _process = GuardedProcess.Start(_command, "QUIT", TimeProvider.System, _folder);
        var begun = TimeProvider.System.GetTimestamp();
        while (!_process.Exited.IsCompleted)
        {
            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 5 }.ConnectionString);
                await connection.OpenAsync(cancel);
                return;
            }
            catch (NpgsqlException notYet)
            {
                if (TimeProvider.System.GetElapsedTime(begun) > StartLimit)
                    throw new InvalidOperationException($"PgBouncer did not answer: {notYet.Message} {string.Join('\n', _process.LastLines)}", notYet);
            }

            await Task.WhenAny(_process.Exited, Task.Delay(Poll, TimeProvider.System, cancel));
            cancel.ThrowIfCancellationRequested();
        }

        throw new LocalStackException($"PgBouncer ended at its start: {string.Join('\n', _process.LastLines)}");
    }

    /// <summary>Ends it at once, with every connection through it.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Ends it and forgets its files.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await using (var connection = new NpgsqlConnection(ConnectionString))
            NpgsqlConnection.ClearPool(connection);
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private static string Quoted(string value) => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
