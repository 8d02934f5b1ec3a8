using EmbeddingAdmin.Local;

namespace EmbeddingAdmin.Testing.Browser;

/// <summary>A program that the tests need on the machine and that Debian packages.</summary>
internal static class HostProgram
{
    /// <summary>Where the program is. When it is missing root installs it; anybody else is told what to type.</summary>
    /// <exception cref="InvalidOperationException">It is missing and cannot be installed.</exception>
    public static async Task<string> RequireAsync(string package, string[] names, CancellationToken cancel)
    {
        if (Find(names) is { } found) return found;
        var line = $"apt-get update && apt-get install -y --no-install-recommends {package}";
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !Command.Exists("apt-get"))
            throw new InvalidOperationException($"These tests need {package}, which is not on this machine. As root, type: {line}");
        // Two test programs may find it missing at the same moment, and dpkg has one lock.
        await using var held = await ExclusiveFile.HoldAsync(Path.Combine(Path.GetTempPath(), "embedding-admin-apt.lock"), TimeProvider.System, waiting: null, cancel);
        if (Find(names) is { } meanwhile) return meanwhile;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["DEBIAN_FRONTEND"] = "noninteractive" };
        await Command.RequireAsync($"apt-get update for {package}", ["apt-get", "-qq", "update"], cancel, environment);
        await Command.RequireAsync($"apt-get install {package}", ["apt-get", "-qq", "install", "-y", "--no-install-recommends", package], cancel, environment);
        return Find(names) ?? throw new InvalidOperationException($"{package} was installed and none of {string.Join(", ", names)} is there.");
    }

    private static string? Find(string[] names) => names.Select(Command.Find).FirstOrDefault(path => path is not null);
}
