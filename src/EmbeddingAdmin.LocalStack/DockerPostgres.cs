using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace EmbeddingAdmin.Local;

/// <summary>The fall-back where Debian's packages cannot run: a container, named for the data folder and removed at the end.</summary>
internal sealed class DockerPostgres : IAsyncDisposable
{
    private const string Image = "pgvector/pgvector:pg17";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string container;

    private DockerPostgres(string name, string connectionString, string version)
    {
        container = name;
        ConnectionString = connectionString;
        Version = version;
    }

    public string ConnectionString { get; }

    public string Version { get; }

    /// <summary>A docker command may be there without a daemon behind it.</summary>
    public static async Task<bool> AnswersAsync(CancellationToken cancel) =>
        Command.Exists(OperatingSystem.IsWindows() ? "docker.exe" : "docker") && (await Command.RunAsync(["docker", "info"], cancel)).Code == 0;

    public static async Task<DockerPostgres> StartAsync(string dataFolder, string password, TimeProvider clock, IProgress<string> steps, CancellationToken cancel)
    {
        var name = $"embedding-admin-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)))[..12]}";
        steps.Report($"Starting {Image} in Docker");
        // One that an earlier start left behind; its data is in the volume.
        await Command.RunAsync(["docker", "rm", "--force", name], cancel);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["POSTGRES_PASSWORD"] = password };
        await Command.RequireAsync("docker run", ["docker", "run", "--detach", "--rm", "--name", name, "--env", "POSTGRES_PASSWORD",
            "--publish", "127.0.0.1::5432", "--volume", $"{name}:/var/lib/postgresql/data", Image], cancel, environment);
        try
        {
            var printed = (await Command.RunAsync(["docker", "port", name, "5432/tcp"], cancel)).Output.Split('\n')[0].Trim();
            var connectionString = PostgresServer.Address(int.Parse(printed[(printed.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture), password);
            return new DockerPostgres(name, connectionString, await ReadyAsync(connectionString, clock, cancel));
        }
        catch
        {
            await StopAsync(name);
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(container);

    private static Task<Command.Ended> StopAsync(string name) => Command.RunAsync(["docker", "stop", name], CancellationToken.None);

    private static async Task<string> ReadyAsync(string connectionString, TimeProvider clock, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
                await connection.OpenAsync(cancel);
                return connection.PostgreSqlVersion.ToString(2);
            }
            catch (Exception notYet) when (notYet is NpgsqlException or TimeoutException)
            {
                if (clock.GetElapsedTime(started) > StartLimit) throw new LocalStackException("The database in Docker did not answer within a minute.", notYet);
            }
            await Task.Delay(Poll, clock, cancel);
        }
    }
}
