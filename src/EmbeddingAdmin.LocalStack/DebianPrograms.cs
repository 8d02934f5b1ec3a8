using System.Runtime.InteropServices;

namespace EmbeddingAdmin.Local;

/// <summary>
/// Programs out of Debian 13's packages, unpacked into a folder of the user's cache. Nothing is installed and no root is needed: apt
/// works in a private root, and the programs run under the packages' own loader and C library, so any Debian relative will do.
/// </summary>
/// <param name="Layout">The folder's name; a new number in it makes every cache fetch again.</param>
/// <param name="Lock">The file that is held while the folder is being filled.</param>
/// <param name="Name">What a person calls them.</param>
/// <param name="Package">The package; all that it depends on comes along.</param>
internal sealed record DebianPrograms(string Layout, string Lock, string Name, string Package)
{
    // Needed to install a system or to compile queries, not to run these programs (jit is off).
    private static readonly string[] LeftOut =
    [
        "perl", "libperl", "locales", "libc-l10n", "libllvm", "libz3", "postgresql-common", "postgresql-client-common", "openssl_", "adduser",
        "passwd", "login.defs", "procps", "libproc2", "debconf", "libdebconf", "ucf_", "ssl-cert", "base-passwd", "init-system", "sysvinit",
        "sensible-utils", "netbase", "libjson-perl", "libipc-run-perl", "libio-pty-perl", "libtext-", "libsemanage", "libsepol", "tzdata",
    ];

    /// <summary>Null: this machine can use Debian's packages; else why not.</summary>
    public string? WhyNot(LocalStackOptions options)
    {
        if (!OperatingSystem.IsLinux()) return "not Linux";
        if (!Command.Exists("apt-get") || !Command.Exists("dpkg-deb")) return "no apt-get and dpkg-deb";
        if (Directory.Exists(Folder(options.CacheFolder))) return null;
        if (!File.Exists(DebianMirror.Keyring)) return "the package debian-archive-keyring is not installed";
        return options.DebianMirror is null && DebianMirror.Find() is null ? "apt's sources name no Debian archive (LocalStack:DebianMirror can)" : null;
    }

    /// <summary>The folder with the programs, from the cache or fetched into it; for a user who cannot reach the cache, a copy.</summary>
    /// <param name="options">Where the cache is, and where packages come from.</param>
    /// <param name="user">Who runs the programs.</param>
    /// <param name="finish">What is left to do in the folder when all is unpacked.</param>
    /// <param name="steps">Gets a sentence as each step begins.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<string> GetAsync(LocalStackOptions options, PostgresUser user, Action<string> finish, IProgress<string> steps, CancellationToken cancel)
    {
        var folder = await FetchAsync(options, finish, steps, cancel);
        var reachable = await user.ReachableAsync(options.CacheFolder, cancel);
        return string.Equals(reachable, options.CacheFolder, StringComparison.Ordinal) ? folder : await CopyAsync(options, reachable, steps, cancel);
    }

    private async Task<string> CopyAsync(LocalStackOptions options, string reachable, IProgress<string> steps, CancellationToken cancel)
    {
        var (from, to) = (Folder(options.CacheFolder), Folder(reachable));
        await using var held = await ExclusiveFile.HoldAsync(Path.Combine(reachable, Lock), options.Clock, waiting: null, cancel);
        if (Directory.Exists(to)) return to;
        steps.Report($"Copying {Name} to {reachable}, where its user can reach it (first start only)");
        await Command.RequireAsync($"Copying {from}", ["sh", "-c", """rm -rf "$2.new" && cp -a "$1" "$2.new" && mv "$2.new" "$2" """, "sh", from, to], cancel);
        return to;
    }

    private async Task<string> FetchAsync(LocalStackOptions options, Action<string> finish, IProgress<string> steps, CancellationToken cancel)
    {
        var folder = Folder(options.CacheFolder);
        if (Directory.Exists(folder)) return folder;
        Directory.CreateDirectory(options.CacheFolder);
        await using var held = await ExclusiveFile.HoldAsync(Path.Combine(options.CacheFolder, Lock), options.Clock,
            () => steps.Report($"Waiting for another start that fetches {Name}"), cancel);
        if (Directory.Exists(folder)) return folder;

        var beside = $"{folder}.new";
        if (Directory.Exists(beside)) Directory.Delete(beside, recursive: true);
        var apt = Path.Combine(beside, "apt");
        steps.Report($"Downloading {Name} from Debian 13 (first start only)");
        await DebianPackages.DownloadAsync(apt, options.DebianMirror, [Package], cancel);
        steps.Report($"Unpacking {Name} (first start only)");
        await DebianPackages.UnpackAsync(apt, beside, package => !LeftOut.Any(name => package.StartsWith(name, StringComparison.Ordinal)), cancel);
        Directory.Delete(apt, recursive: true);
        finish(beside);
        Directory.Move(beside, folder);
        return folder;
    }

    private string Folder(string cacheFolder) => Path.Combine(cacheFolder, $"{Layout}-{RuntimeInformation.OSArchitecture}");
}
