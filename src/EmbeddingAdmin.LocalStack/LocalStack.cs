using Npgsql;

namespace EmbeddingAdmin.Local;

/// <summary>
/// A private Postgres with pgvector and a Supabase-compatible API before it, on loopback. Both end with the process that started
/// them, however it ends; what even that leaves behind is found at the next start.
/// </summary>
public sealed class LocalStack : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> parts;
    private readonly string? stateIn;

    private LocalStack(LocalStackConnection connection, List<IAsyncDisposable> parts, string? stateIn)
    {
        Connection = connection;
        this.parts = parts;
        this.stateIn = stateIn;
    }

    /// <summary>How to reach it.</summary>
    public LocalStackConnection Connection { get; }

    /// <summary>A stack on this folder whose owner lives; null when there is none. Starts nothing.</summary>
    /// <param name="dataFolder">As in <see cref="LocalStackOptions.DataFolder"/>.</param>
    public static LocalStackConnection? FindRunning(string dataFolder) => StateFile.FindRunning(Path.GetFullPath(dataFolder));

    /// <summary>
    /// Starts what is not there, in the order: a server that the operator named, Debian's packages, Docker. When the folder's stack
    /// is up already it is used as it is, and disposing of the result stops nothing.
    /// </summary>
    /// <param name="options">What to start, and where.</param>
    /// <param name="steps">Gets one short sentence for the terminal as each step begins.</param>
    /// <param name="cancel">Gives up and takes down what was started.</param>
    /// <exception cref="LocalStackException">It cannot start; the message says why and what to type.</exception>
    public static async Task<LocalStack> StartAsync(LocalStackOptions options, IProgress<string> steps, CancellationToken cancel)
    {
        options = options with { DataFolder = Path.GetFullPath(options.DataFolder) };
        PrivateFile.CreateFolder(options.DataFolder);
        var lockPath = Path.Combine(options.DataFolder, "lock");
        while (true)
        {
            if (ExclusiveFile.TryHold(lockPath) is { } held) return await StartHeldAsync(options, held, steps, cancel);
            if (FindRunning(options.DataFolder) is { } up)
            {
                if (options.ResetDemo) throw new LocalStackException("The local stack is up in another process, and the demo is not reset under it. Stop that process and start again.");
                return new LocalStack(up, [], stateIn: null);
            }
            // The holder is between its first line and its state file, or on its way out.
            await Task.Delay(TimeSpan.FromMilliseconds(100), options.Clock, cancel);
        }
    }

    /// <summary>Stops the API, then Postgres, then lets go of the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stateIn is not null) StateFile.Delete(stateIn);
        await StopAsync(parts);
    }

    private static async Task StopAsync(List<IAsyncDisposable> started)
    {
        foreach (var part in Enumerable.Reverse(started).ToArray()) await part.DisposeAsync();
        started.Clear();
    }

    private static async Task<LocalStack> StartHeldAsync(LocalStackOptions options, FileStream held, IProgress<string> steps, CancellationToken cancel)
    {
        List<IAsyncDisposable> started = [held];
        try
        {
            StateFile.Delete(options.DataFolder);
            var secrets = Secrets.ReadOrMake(options.DataFolder);
            // Side by side: on a first start each takes about ten seconds.
            var fetching = options.WithApi ? FetchApiAsync(options, steps, cancel) : Task.FromResult<(ApiModules?, string?)>((null, null));
            string server, source;
            try
            {
                (server, source) = await StartPostgresAsync(options, secrets, started, steps, cancel);
                server = await DemoDatabase.PrepareAsync(server, options, steps, cancel);
            }
            catch
            {
                await fetching.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                throw;
            }
            var (modules, missing) = await fetching;
            SupabaseApi? api = null;
            if (modules is not null) (api, missing) = await StartApiAsync(modules, options, server, secrets, steps, cancel);
            if (api is not null) started.Add(api);
            var connection = new LocalStackConnection(server, api?.Url, api is null ? null : secrets.AnonKey, api is null ? null : secrets.ServiceKey, source, missing);
            StateFile.Write(options.DataFolder, connection);
            return new LocalStack(connection, started, options.DataFolder);
        }
        catch
        {
            await StopAsync(started);
            throw;
        }
    }

    private static async Task<(string ConnectionString, string Source)> StartPostgresAsync(LocalStackOptions options, Secrets secrets,
        List<IAsyncDisposable> started, IProgress<string> steps, CancellationToken cancel)
    {
        if (options.Postgres is not null)
        {
            var (address, version) = await ExistingPostgres.CheckAsync(options.Postgres, cancel);
            return (address, $"the server that LocalStack:Postgres names, PostgreSQL {version}");
        }
        var whyNot = DebianPostgres.WhyNot(options);
        if (whyNot is null)
        {
            var user = await PostgresUser.ChooseAsync(cancel);
            var programs = await DebianPostgres.GetAsync(options, user, steps, cancel);
            var folder = Path.Combine(await user.ReachableAsync(options.DataFolder, cancel), "pg");
            var server = await PostgresServer.StartAsync(programs, user, folder, secrets.PostgresPassword, options, steps, cancel);
            started.Add(server);
            return (server.ConnectionString, $"Debian 13 packages, PostgreSQL {server.Version}");
        }
        if (await DockerPostgres.AnswersAsync(cancel))
        {
            var server = await DockerPostgres.StartAsync(options.DataFolder, secrets.PostgresPassword, options.Clock, steps, cancel);
            started.Add(server);
            return (server.ConnectionString, $"Docker, PostgreSQL {server.Version}");
        }
        throw new LocalStackException($"""
            There is no database: Debian's packages cannot be used here ({whyNot}), and no Docker daemon answers. Name a PostgreSQL 15 or later with pgvector:
            dotnet run --project src/EmbeddingAdmin.Web -- --LocalStack:Postgres "Host=localhost;Username=postgres;Password=…"
            """);
    }

    private static async Task<(ApiModules? Modules, string? Missing)> FetchApiAsync(LocalStackOptions options, IProgress<string> steps, CancellationToken cancel)
    {
        try
        {
            return (await ApiModules.GetAsync(options, steps, cancel), null);
        }
        catch (LocalStackException missing)
        {
            return (null, missing.Message);
        }
    }

    private static async Task<(SupabaseApi? Api, string? Missing)> StartApiAsync(ApiModules modules, LocalStackOptions options, string server, Secrets secrets,
        IProgress<string> steps, CancellationToken cancel)
    {
        try
        {
            steps.Report("Starting the API");
            return (await SupabaseApi.StartAsync(modules, Path.Combine(options.DataFolder, "api"), server, secrets, options.Clock, cancel), null);
        }
        catch (LocalStackException missing)
        {
            return (null, missing.Message);
        }
    }
}
