using System.Diagnostics;
using System.Text;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Surroundings;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The built app as a process of its own, with the words that <c>dotnet run</c> would start it with.</summary>
internal sealed class AppProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(
        Checkout.Root, "src/EmbeddingAdmin.Web/bin", Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/')))!, "net10.0/EmbeddingAdmin.Web.dll");

    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource<string> _link = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private AppProcess(string? folder, IReadOnlyDictionary<string, string> settings, string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. words]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Isolate();
        if (folder is not null)
            start.WorkingDirectory = folder;
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        _ = _reading.ContinueWith(_ => _link.TrySetException(new InvalidOperationException($"The app ended before it printed a link.\n{Said}")), TaskScheduler.Default);
        _ = _reading.ContinueWith(_ => _address.TrySetException(new InvalidOperationException($"The app ended before it listened.\n{Said}")), TaskScheduler.Default);
    }

    /// <summary>Everything that it wrote so far: what it prints, and its log.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <param name="settings">Names of settings as variables spell them, and their values.</param>
    /// <param name="words">What is typed after the program's name.</param>
    public static AppProcess Start(IReadOnlyDictionary<string, string> settings, params string[] words) => new(null, settings, words);

    /// <summary>The same, in a folder of somebody's own that holds <c>appsettings.json</c>, and <c>.env</c> perhaps.</summary>
    public static AppProcess StartIn(string folder, IReadOnlyDictionary<string, string> settings, params string[] words) => new(folder, settings, words);

    /// <summary>Waits until it has ended by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancel)
    {
        try
        {
            await _process.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, cancel);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"The app did not end.\n{Said}", late);
        }

        await _reading;
        return _process.ExitCode;
    }

    /// <summary>The link that it prints.</summary>
    public Task<string> LinkAsync(CancellationToken cancel) => _link.Task.WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, cancel);

    /// <summary>Where it listens, as soon as it does.</summary>
    public Task<Uri> AddressAsync(CancellationToken cancel) => _address.Task.WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, cancel);

    /// <summary>Asks it to end, as a supervisor does, and waits until it has.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync(CancellationToken cancel)
    {
        await SignalAsync("TERM", cancel);
        return await EndAsync(cancel);
    }

    /// <summary>Sends a signal, such as <c>STOP</c>, which freezes it, or <c>KILL</c>.</summary>
    public async Task SignalAsync(string name, CancellationToken cancel)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_said)
                _said.AppendLine(line);
            if (line.StartsWith("EmbeddingAdmin", StringComparison.Ordinal) && line.Contains(" is listening on ", StringComparison.Ordinal))
                _address.TrySetResult(new(line.Split(' ')[^1]));
            if (line.StartsWith("Sign in", StringComparison.Ordinal))
                _link.TrySetResult(line.Split(' ')[^1]);
        }
    }
}
