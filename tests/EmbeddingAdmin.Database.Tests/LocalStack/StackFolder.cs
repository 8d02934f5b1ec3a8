using System.Diagnostics;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Crash;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Database.Tests;

/// <summary>A data folder for one test, and the processes that work in it. Whatever is left there is killed at the end.</summary>
internal sealed class StackFolder : IDisposable
{
    private readonly List<Process> hosts = [];

    public string Path { get; } = Directory.CreateDirectory(System.IO.Path.Combine(Checkout.Root, ".localstack/starts", Guid.NewGuid().ToString("N")[..12])).FullName;

    public LocalStackOptions Options => new() { DataFolder = Path, Durable = false };

    public List<string> Steps { get; } = [];

    public Task<Local.LocalStack> StartAsync(LocalStackOptions options, CancellationToken cancel) => Local.LocalStack.StartAsync(options, new Lines(Steps), cancel);

    /// <summary>Another process that brings the stack up and holds it; returns when it says that it is ready.</summary>
    public async Task<Process> StartHostAsync(CancellationToken cancel)
    {
        var program = System.IO.Path.Combine(AppContext.BaseDirectory, "EmbeddingAdmin.Testing.dll");
        var start = new ProcessStartInfo("dotnet", [program, StackHost.Verb, Path, Options.CacheFolder]) { RedirectStandardOutput = true, UseShellExecute = false };
        var host = Process.Start(start)!;
        hosts.Add(host);
        while (await host.StandardOutput.ReadLineAsync(cancel) is { } line)
            if (line.StartsWith(StackHost.Ready, StringComparison.Ordinal)) return host;
        throw new InvalidOperationException("The host ended before its stack was up.");
    }

    /// <summary>Everything that names this folder in its command or works in it: guards, Postgres, Node.</summary>
    public int[] Processes() =>
    [
        .. from entry in Directory.GetDirectories("/proc")
           where int.TryParse(System.IO.Path.GetFileName(entry), out _)
           let pid = int.Parse(System.IO.Path.GetFileName(entry))
           where pid != Environment.ProcessId && hosts.TrueForAll(host => host.Id != pid)
           where WorksHere(pid)
           select pid,
    ];

    /// <summary>Waits until they have all ended; a busy machine lets the last of them linger.</summary>
    public async Task UntilNoProcessIsLeftAsync(CancellationToken cancel)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        soon.CancelAfter(TimeSpan.FromMinutes(1));
        while (Processes().Length > 0) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, soon.Token);
    }

    public static void Kill(IEnumerable<int> pids)
    {
        foreach (var pid in pids)
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                process.Kill();
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                // It went by itself.
            }
        }
    }

    public void Dispose()
    {
        foreach (var host in hosts)
        {
            Kill([host.Id]);
            host.Dispose();
        }
        hosts.Clear();
        Kill(Processes());
        Directory.Delete(Path, recursive: true);
    }

    private bool WorksHere(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget?.StartsWith(Path, StringComparison.Ordinal) == true
                || Orphan.CommandLine(pid).Any(word => word.StartsWith(Path, StringComparison.Ordinal));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private sealed class Lines(List<string> steps) : IProgress<string>
    {
        public void Report(string value)
        {
            lock (steps) steps.Add(value);
        }
    }
}
