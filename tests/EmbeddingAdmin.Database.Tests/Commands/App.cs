using System.Diagnostics;
using System.Text.Json;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Surroundings;

namespace EmbeddingAdmin.Database.Tests.Commands;

/// <summary>How the app ended, and what it had said.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as the one JSON value that it has to be.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The code of the error that standard output tells of.</summary>
    public string? ErrorCode => Json.GetProperty("error").GetProperty("code").GetString();
}

/// <summary>The built app as a process of its own.</summary>
internal sealed class App : IAsyncDisposable
{
    /// <summary>The program as it was built.</summary>
    public static readonly string Program = Path.Combine(
        Checkout.Root, "src/EmbeddingAdmin.Web/bin", Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/')))!, "net10.0/EmbeddingAdmin.Web.dll");

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private App(Process process)
    {
        _process = process;
        _output = Output.ReadAsync(process.StandardOutput);
        _error = Error.ReadAsync(process.StandardError);
    }

    public Said Output { get; } = new();

    public Said Error { get; } = new();

    /// <param name="settings">Names of settings as variables spell them, and their values.</param>
    /// <param name="words">What is typed after the program's name.</param>
    public static App Start(IEnumerable<(string Name, string Value)> settings, params string[] words) => StartIn(null, settings, words);

    /// <summary>The same, typed in a folder.</summary>
    /// <param name="folder">The folder; null for one with nothing in it.</param>
    /// <param name="settings">Names of settings as variables spell them, and their values.</param>
    /// <param name="words">What is typed after the program's name.</param>
    public static App StartIn(string? folder, IEnumerable<(string Name, string Value)> settings, params string[] words)
    {
        // A test run in the background ignores Ctrl-C, and its children would inherit that.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Program, .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Isolate();
        start.WorkingDirectory = folder ?? start.WorkingDirectory;
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new App(Process.Start(start)!);
    }

    public static async Task<Ended> RunAsync(IEnumerable<(string Name, string Value)> settings, params string[] words)
    {
        await using var app = Start(settings, words);
        return await app.EndAsync();
    }

    public async Task<Ended> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Ended(_process.ExitCode, await _output, await _error);
    }

    /// <param name="signal">Such as INT.</param>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await Task.WhenAll(_output, _error);
        _process.Dispose();
    }
}

/// <summary>The lines that a process said so far.</summary>
internal sealed class Said
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly List<string> _lines = [];
    private bool _ended;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first line that has these words in it; waits for it as long as the process speaks, and for three minutes at most.</summary>
    public async Task<string> LineWithAsync(string words)
    {
        while (true)
        {
            Task more;
            lock (_lines)
            {
                if (_lines.Find(line => line.Contains(words, StringComparison.Ordinal)) is { } found)
                    return found;
                if (_ended)
                    throw new InvalidOperationException($"The app ended without saying \"{words}\". It said: {string.Join('\n', _lines)}");
                more = _more.Task;
            }

            await more.WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async Task<string> ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
            Tell(() => _lines.Add(line));
        Tell(() => _ended = true);
        return string.Join('\n', _lines);
    }

    private void Tell(Action what)
    {
        TaskCompletionSource told;
        lock (_lines)
        {
            what();
            (told, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        told.SetResult();
    }
}
