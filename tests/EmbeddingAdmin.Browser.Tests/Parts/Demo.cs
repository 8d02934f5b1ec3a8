using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>
/// The demo in its empty state, as somebody has it who has just typed the first command: the app, its stack, and in place of OpenAI a
/// provider that takes 200 ms for an answer. It is a class's own, in the first numbered data folder that no other test run uses.
/// </summary>
public sealed class Demo : IAsyncLifetime
{
    /// <summary>The provider's key. No other text holds it, so wherever it is seen it has leaked.</summary>
    internal const string ProviderKey = "sk-planted-4f1c9a7e2b";

    private FileStream? _lock;
    private ScriptedProvider? _provider;
    private AppProcess? _app;
    private NpgsqlDataSource? _database;
    private string _log = "";
    private string? _printedLink;
    private readonly IReadOnlyDictionary<string, string> _more = new Dictionary<string, string>(StringComparer.Ordinal);

    public Demo()
    {
    }

    /// <param name="more">Settings beside those of every demo.</param>
    internal Demo(IReadOnlyDictionary<string, string> more) => _more = more;

    /// <summary>The data folder.</summary>
    internal string Folder { get; private set; } = "";

    internal ScriptedProvider Provider => _provider ?? throw new InvalidOperationException("The demo was not started.");

    internal AppProcess App => _app ?? throw new InvalidOperationException("The demo was not started.");

    /// <summary>A connection of the test's own, past the app.</summary>
    internal NpgsqlDataSource Database => _database ?? throw new InvalidOperationException("The demo was not started.");

    /// <summary>Everything that the app said, before it was restarted as well.</summary>
    internal string Log => _log + App.Said;

    /// <summary>What must be seen nowhere: each secret by its name.</summary>
    internal IReadOnlyDictionary<string, string> Secrets { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    private Dictionary<string, string> Settings => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["LocalStack__Folder"] = Folder,
        ["DataProtection__Folder"] = Path.Combine(Folder, "keys"),
        ["Embeddings__Provider"] = "openai",
        ["Embeddings__Endpoint"] = Provider.Endpoint,
        ["Embeddings__ApiKey"] = ProviderKey,
        // One call at a time and no pace: 250 rows per second, so that even 1,500 rows are seen to move.
        ["Embeddings__Concurrency"] = "1",
        ["Backfill__BatchSize"] = "50",
        ["Verify__SecondLookSeconds"] = "1",
        ["Backfill__RowsPerSecond"] = "100000",
        ["SignIn__AttemptsPerMinute"] = "1000",
        ["SignIn__AttemptsPerMinuteOfAll"] = "1000",
    }.Concat(_more).ToDictionary(StringComparer.Ordinal);

    public async ValueTask InitializeAsync()
    {
        TakeFolder();
        // What an earlier test run left when it was killed; the folder's lock says that nobody works here now.
        foreach (var pid in Processes())
            Kill(pid);
        _provider = await ScriptedProvider.StartAsync(token: TestContext.Current.CancellationToken);
        _provider.Script.Latency = TimeSpan.FromMilliseconds(200);
        await StartAsync("--reset-demo");
    }

    public async ValueTask DisposeAsync()
    {
        Provider.Script.Hang = false;
        await StopAsync(CancellationToken.None);
        await Provider.DisposeAsync();
        await _lock!.DisposeAsync();
    }

    /// <summary>A link that signs in: the printed one, and once that was given away a fresh one from another terminal.</summary>
    internal async Task<string> LinkAsync()
    {
        if (Interlocked.Exchange(ref _printedLink, null) is { } printed)
            return printed;
        await using var terminal = AppProcess.Start(Settings, "sign-in");
        return await terminal.LinkAsync(TestContext.Current.CancellationToken);
    }

    internal async Task StartAsync(params string[] words)
    {
        _app = AppProcess.Start(Settings, ["--urls=http://127.0.0.1:0", .. words]);
        _printedLink = await _app.LinkAsync(TestContext.Current.CancellationToken);
        var stack = LocalStack.FindRunning(Folder) ?? throw new InvalidOperationException("The app is up and its stack is not.");
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(stack.ConnectionString) { Pooling = false });
        Secrets = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["the provider's key"] = ProviderKey,
            ["the service key"] = stack.ServiceKey ?? throw new InvalidOperationException(stack.ApiMissing),
            ["the anonymous key"] = stack.AnonKey!,
            ["the database's password"] = new NpgsqlConnectionStringBuilder(stack.ConnectionString).Password!,
        };
    }

    /// <summary>Ends the app as a supervisor does, and sees to it that nothing of it is left.</summary>
    internal async Task StopAsync(CancellationToken cancel)
    {
        await Database.DisposeAsync();
        var code = await App.TerminateAsync(cancel);
        _log += App.Said;
        await App.DisposeAsync();
        var left = Processes();
        Assert.True(code == 0 && left.Count == 0, $"Exit code {code}; processes left: {string.Join(", ", left)}.\n{_log}");
    }

    /// <summary>Living processes that work in the data folder or name it: the app, guards, Postgres, Node.</summary>
    internal IReadOnlyList<int> Processes() =>
    [
        .. from entry in Directory.GetDirectories("/proc")
           where int.TryParse(Path.GetFileName(entry), out _)
           let pid = int.Parse(Path.GetFileName(entry))
           where pid != Environment.ProcessId && WorksHere(pid)
           select pid,
    ];

    private void TakeFolder()
    {
        var folders = Directory.CreateDirectory(Path.Combine(Checkout.Root, ".localstack/browser")).FullName;
        for (var number = 1; _lock is null; number++)
        {
            Folder = Path.Combine(folders, $"{number}");
            try
            {
                _lock = new FileStream($"{Folder}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists($"{Folder}.lock"))
            {
                // Another test run has this one.
            }
        }
    }

    private bool WorksHere(int pid)
    {
        try
        {
            // The app names the folder in its variables, its children in their commands or by working there.
            return $"{new FileInfo($"/proc/{pid}/cwd").LinkTarget}/".StartsWith($"{Folder}/", StringComparison.Ordinal)
                || File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Any(word => $"{word}/".StartsWith($"{Folder}/", StringComparison.Ordinal))
                || File.ReadAllText($"/proc/{pid}/environ").Split('\0').Contains($"LocalStack__Folder={Folder}", StringComparer.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            process.Kill();
            process.WaitForExit();
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It went by itself.
        }
    }
}
