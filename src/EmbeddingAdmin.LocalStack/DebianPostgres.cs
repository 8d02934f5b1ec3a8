using System.Runtime.InteropServices;

namespace EmbeddingAdmin.Local;

/// <summary>
/// PostgreSQL 17 with pgvector out of Debian 13's packages, unpacked into a folder. Nothing is installed and no root is needed: apt
/// works in a private root, and the programs run under the packages' own loader and C library, so any Debian relative will do.
/// </summary>
internal static class DebianPostgres
{
    // A new number makes every cache fetch again.
    private const string Layout = "debian13-postgres17-1";

    // Needed to install a system or to compile queries, not to run this server (jit is off).
    private static readonly string[] LeftOut =
    [
        "perl", "libperl", "locales", "libc-l10n", "libllvm", "libz3", "postgresql-common", "postgresql-client-common", "openssl_", "adduser",
        "passwd", "login.defs", "procps", "libproc2", "debconf", "libdebconf", "ucf_", "ssl-cert", "base-passwd", "init-system", "sysvinit",
        "sensible-utils", "netbase", "libjson-perl", "libipc-run-perl", "libio-pty-perl", "libtext-", "libsemanage", "libsepol", "tzdata",
    ];

    /// <summary>Null: this machine can use Debian's packages; else why not.</summary>
    public static string? WhyNot(LocalStackOptions options)
    {
        if (!OperatingSystem.IsLinux()) return "not Linux";
        if (!Command.Exists("apt-get") || !Command.Exists("dpkg-deb")) return "no apt-get and dpkg-deb";
        if (Directory.Exists(Folder(options.CacheFolder))) return null;
        if (!File.Exists(DebianMirror.Keyring)) return "the package debian-archive-keyring is not installed";
        return options.DebianMirror is null && DebianMirror.Find() is null ? "apt's sources name no Debian archive (LocalStack:DebianMirror can)" : null;
    }

    /// <summary>Takes the programs from the cache, or fetches them into it; for a user who cannot reach the cache, a copy.</summary>
    public static async Task<PostgresPrograms> GetAsync(LocalStackOptions options, PostgresUser user, IProgress<string> steps, CancellationToken cancel)
    {
        var programs = await FetchAsync(options, options.CacheFolder, steps, cancel);
        var reachable = await user.ReachableAsync(options.CacheFolder, cancel);
        return string.Equals(reachable, options.CacheFolder, StringComparison.Ordinal) ? programs : await CopyAsync(options, reachable, steps, cancel);
    }

    private static async Task<PostgresPrograms> CopyAsync(LocalStackOptions options, string reachable, IProgress<string> steps, CancellationToken cancel)
    {
        var (from, to) = (Folder(options.CacheFolder), Folder(reachable));
        await using var held = await ExclusiveFile.HoldAsync(Path.Combine(reachable, "postgres.lock"), options.Clock, waiting: null, cancel);
        if (Directory.Exists(to)) return PostgresPrograms.In(to);
        steps.Report($"Copying PostgreSQL to {reachable}, where its user can reach it (first start only)");
        await Command.RequireAsync($"Copying {from}", ["sh", "-c", """rm -rf "$2.new" && cp -a "$1" "$2.new" && mv "$2.new" "$2" """, "sh", from, to], cancel);
        return PostgresPrograms.In(to);
    }

    private static async Task<PostgresPrograms> FetchAsync(LocalStackOptions options, string cacheFolder, IProgress<string> steps, CancellationToken cancel)
    {
        var folder = Folder(cacheFolder);
        if (Directory.Exists(folder)) return PostgresPrograms.In(folder);
        Directory.CreateDirectory(cacheFolder);
        await using var held = await ExclusiveFile.HoldAsync(Path.Combine(cacheFolder, "postgres.lock"), options.Clock,
            () => steps.Report("Waiting for another start that fetches PostgreSQL"), cancel);
        if (Directory.Exists(folder)) return PostgresPrograms.In(folder);

        var beside = $"{folder}.new";
        if (Directory.Exists(beside)) Directory.Delete(beside, recursive: true);
        var apt = Path.Combine(beside, "apt");
        steps.Report("Downloading PostgreSQL 17 with pgvector from Debian 13 (first start only)");
        await DebianPackages.DownloadAsync(apt, options.DebianMirror, ["postgresql-17-pgvector"], cancel);
        steps.Report("Unpacking PostgreSQL 17 with pgvector (first start only)");
        await DebianPackages.UnpackAsync(apt, beside, package => !LeftOut.Any(name => package.StartsWith(name, StringComparison.Ordinal)), cancel);
        Directory.Delete(apt, recursive: true);
        PostgresPrograms.WrapServer(beside);
        Directory.Move(beside, folder);
        return PostgresPrograms.In(folder);
    }

    private static string Folder(string cacheFolder) => Path.Combine(cacheFolder, $"{Layout}-{RuntimeInformation.OSArchitecture}");
}
