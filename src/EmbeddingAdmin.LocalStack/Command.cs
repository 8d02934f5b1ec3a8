using System.ComponentModel;
using System.Diagnostics;

namespace EmbeddingAdmin.Local;

/// <summary>A program that is run to its end.</summary>
internal static class Command
{
    public sealed record Ended(int Code, string Output, string Error)
    {
        /// <summary>The last line that says something: what a person wants to read of a failure.</summary>
        public string LastLine => $"{Output}\n{Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "no output";
    }

    /// <summary>Runs a program; on cancellation it is killed with its children.</summary>
    /// <exception cref="LocalStackException">The program is not there.</exception>
    public static async Task<Ended> RunAsync(IEnumerable<string> command, CancellationToken cancel, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = StartInfo(command, folder, environment);
        using var process = Start(start);
        process.StandardInput.Close();
        using var killed = cancel.Register(() => Kill(process));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        var ended = new Ended(process.ExitCode, await output, await error);
        cancel.ThrowIfCancellationRequested();
        return ended;
    }

    /// <summary>As <see cref="RunAsync"/>, and any exit code but 0 is an error.</summary>
    public static async Task RequireAsync(string purpose, IEnumerable<string> command, CancellationToken cancel, IReadOnlyDictionary<string, string>? environment = null)
    {
        var ended = await RunAsync(command, cancel, environment: environment);
        if (ended.Code != 0) throw new LocalStackException($"{purpose} failed (exit code {ended.Code}): {ended.LastLine}");
    }

    public static bool Exists(string name) => Find(name) is not null;

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        // An ordinary user's PATH may lack the sbin folders.
        .Concat(["/usr/sbin", "/sbin"])
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    internal static ProcessStartInfo StartInfo(IEnumerable<string> command, string? folder, IReadOnlyDictionary<string, string>? environment)
    {
        var words = command.ToArray();
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder ?? "",
        };
        // Somebody else's database, project or loader must not reach a child of ours.
        foreach (var name in start.Environment.Keys.Where(IsForeign).ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal)) start.Environment[name] = value;
        return start;
    }

    internal static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new LocalStackException($"The program {start.FileName} cannot be started: {failure.Message}", failure);
        }
    }

    internal static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    private static bool IsForeign(string variable) =>
        variable.StartsWith("PG", StringComparison.Ordinal) || variable.StartsWith("SUPABASE_", StringComparison.Ordinal)
        || variable is "DATABASE_URL" or "NODE_OPTIONS" or "LD_PRELOAD" or "LD_LIBRARY_PATH" or "APT_CONFIG";
}
