using System.Globalization;

namespace EmbeddingAdmin.Local;

/// <summary>A process that an earlier start left behind. Linux only: elsewhere nothing is ever found.</summary>
internal static class Orphan
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>The words of a living process's command; empty when there is none, or when it is a zombie.</summary>
    public static IReadOnlyList<string> CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Living processes that work in this folder and whose command holds this word.</summary>
    public static IEnumerable<int> In(string folder, string word)
    {
        if (!Directory.Exists("/proc/self")) yield break;
        foreach (var process in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var pid)) continue;
            if (string.Equals(WorkingFolder(pid), folder, StringComparison.Ordinal) && CommandLine(pid).Any(part => part.Contains(word, StringComparison.Ordinal))) yield return pid;
        }
    }

    public static async Task StopAsync(int pid, string signal, TimeProvider clock, CancellationToken cancel)
    {
        var was = CommandLine(pid);
        var started = clock.GetTimestamp();
        await Command.RunAsync(["sh", "-c", """kill -"$1" "$2" """, "sh", signal, pid.ToString(CultureInfo.InvariantCulture)], cancel);
        while (CommandLine(pid).SequenceEqual(was, StringComparer.Ordinal) && was.Count > 0)
        {
            if (clock.GetElapsedTime(started) > Limit)
                throw new LocalStackException($"Process {pid} of an earlier start does not end. Type: kill -9 {pid}");
            await Task.Delay(Poll, clock, cancel);
        }
    }

    private static string? WorkingFolder(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget;
        }
        catch (Exception notOurs) when (notOurs is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
