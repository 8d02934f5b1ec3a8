using System.Globalization;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Surroundings;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>A worker in a process of its own, with a way of its own to the database.</summary>
public sealed class WorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly GuardedProcess _process;
    private readonly string _log;

    private WorkerProcess(GuardedProcess process, PostgresRelay relay, string log) => (_process, Relay, _log) = (process, relay, log);

    /// <summary>Its way to the database.</summary>
    public PostgresRelay Relay { get; }

    /// <summary>The process's number.</summary>
    public int Pid { get; private set; }

    /// <summary>Ends when the process has ended.</summary>
    public Task Exited => _process.Exited;

    /// <summary>What it ended with.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Everything that it wrote so far.</summary>
    public string Said => File.Exists(_log) ? File.ReadAllText(_log) : "";

    /// <summary>The same, line by line, without a last one that is not complete.</summary>
    internal IReadOnlyList<string> Lines => Said.Split('\n')[..^1];

    /// <summary>Starts one and waits until it is up.</summary>
    /// <param name="settings">Its settings, with <c>:</c> in their names.</param>
    /// <param name="relay">Its way to the database; it is closed with the process.</param>
    /// <param name="log">The file that takes what it writes.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="alone">Whether it has the machine to itself: then the runtime is set as the dashboard's is.</param>
    public static async Task<WorkerProcess> StartAsync(IReadOnlyDictionary<string, string?> settings, PostgresRelay relay, string log, CancellationToken cancel, bool alone = false)
    {
        var environment = Variables(settings);
        // Many are started side by side, and none lives long.
        if (!alone)
            environment["DOTNET_TieredPGO"] = "0";
        var program = Path.Combine(AppContext.BaseDirectory, "EmbeddingAdmin.Testing.dll");
        // The guard kills it when this program ends, however that happens, and even while it is frozen.
        var process = GuardedProcess.Start(
            ["sh", "-c", """exec "$@" >"$0" 2>&1""", log, "dotnet", program, WorkerProgram.Verb], "KILL", TimeProvider.System, Isolation.EmptyFolder, environment);
        var worker = new WorkerProcess(process, relay, log);
        var began = TimeProvider.System.GetTimestamp();
        while (worker.Pid == 0)
        {
            if (process.Exited.IsCompleted || TimeProvider.System.GetElapsedTime(began) > StartLimit)
            {
                await worker.DisposeAsync();
                throw new InvalidOperationException($"The worker did not come up.\n{worker.Said}");
            }

            worker.Pid = worker.Lines.FirstOrDefault(line => line.StartsWith(WorkerProgram.Up, StringComparison.Ordinal)) is { } line
                ? int.Parse(line[WorkerProgram.Up.Length..], CultureInfo.InvariantCulture) : 0;
            await Task.Delay(Poll, TimeProvider.System, cancel);
        }

        return worker;
    }

    /// <summary>The settings as a worker's variables.</summary>
    internal static Dictionary<string, string> Variables(IReadOnlyDictionary<string, string?> settings) => settings.ToDictionary(
        setting => WorkerProgram.Prefix + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value ?? "", StringComparer.Ordinal);

    /// <summary>Sends a signal.</summary>
    /// <param name="name">Such as <c>KILL</c>.</param>
    /// <param name="cancel">Gives up.</param>
    public Task SignalAsync(string name, CancellationToken cancel) => Signal.SendAsync(name, Pid, cancel);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await Relay.DisposeAsync();
    }
}
