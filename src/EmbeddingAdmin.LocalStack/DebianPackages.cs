namespace EmbeddingAdmin.Local;

/// <summary>Debian 13's packages with all that they depend on, fetched by apt in a private root as the calling user.</summary>
internal static class DebianPackages
{
    public static async Task DownloadAsync(string apt, string? mirror, IEnumerable<string> packages, CancellationToken cancel)
    {
        foreach (var folder in (string[])["lists/partial", "archives/partial", "etc/preferences.d", "state"]) Directory.CreateDirectory(Path.Combine(apt, folder));
        // An empty status file: nothing counts as installed, so everything down to the C library comes along.
        await File.WriteAllTextAsync(Path.Combine(apt, "status"), "", cancel);
        await File.WriteAllTextAsync(Path.Combine(apt, "sources.list"), Sources(mirror), cancel);
        await File.WriteAllTextAsync(Path.Combine(apt, "apt.conf"), $"""
            Dir "{apt}";
            Dir::State "{apt}/state";
            Dir::State::status "{apt}/status";
            Dir::State::Lists "{apt}/lists";
            Dir::Cache "{apt}";
            Dir::Cache::archives "{apt}/archives";
            Dir::Etc "{apt}/etc";
            Dir::Etc::sourcelist "{apt}/sources.list";
            Dir::Etc::sourceparts "-";
            Dir::Etc::parts "/etc/apt/apt.conf.d";
            APT::Install-Recommends "false";
            Acquire::Languages "none";
            Acquire::Retries "3";
            APT::Sandbox::User "root";
            Debug::NoLocking "true";

            """, cancel);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["APT_CONFIG"] = $"{apt}/apt.conf", ["LC_ALL"] = "C" };
        await Command.RequireAsync("Reading Debian 13's package lists", ["apt-get", "-qq", "update"], cancel, environment);
        await Command.RequireAsync("Downloading Debian 13's packages", ["apt-get", "-qq", "-y", "--download-only", "install", .. packages], cancel, environment);
    }

    public static async Task UnpackAsync(string apt, string folder, Func<string, bool> wanted, CancellationToken cancel)
    {
        var files = Directory.GetFiles(Path.Combine(apt, "archives"), "*.deb").Where(file => wanted(Path.GetFileName(file)));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancel };
        await Parallel.ForEachAsync(files, parallel, async (file, token) =>
            await Command.RequireAsync($"Unpacking {Path.GetFileName(file)}", ["dpkg-deb", "-x", file, folder], token));
        foreach (var unread in (string[])["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "usr/share/bug"])
        {
            var path = Path.Combine(folder, unread);
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
    }

    private static string Sources(string? mirror)
    {
        var found = mirror is not null ? new DebianMirror(mirror, null)
            : DebianMirror.Find() ?? throw new LocalStackException("apt's sources on this machine name no Debian archive. Name one with LocalStack:DebianMirror.");
        var deb = $"deb [signed-by={DebianMirror.Keyring}]";
        var lines = $"{deb} {found.Archive} trixie main\n{deb} {found.Archive} trixie-updates main\n";
        return found.Security is null ? lines : $"{lines}{deb} {found.Security} trixie-security main\n";
    }
}
