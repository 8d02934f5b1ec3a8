using System.Diagnostics;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Testing.Surroundings;

/// <summary>Keeps whatever the surroundings set (variables, a <c>.env</c>, user secrets) from a program that is tested.</summary>
public static class Isolation
{
    // What a program needs to run, and npm to install; whatever else the surroundings say is somebody else's.
    private static readonly string[] Needed = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_CACHE_HOME", "DOTNET_ROOT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    /// <summary>A folder with nothing in it: no <c>.env</c>, no appsettings.json and no user secrets.</summary>
    public static string EmptyFolder { get; } = Directory.CreateDirectory(Path.Combine(Checkout.Root, ".localstack/tests/empty")).FullName;

    /// <summary>Takes the surroundings away. What a test sets, it sets afterwards.</summary>
    public static void Isolate(this ProcessStartInfo start)
    {
        ArgumentNullException.ThrowIfNull(start);
        foreach (var name in start.Environment.Keys.Where(name => !IsNeeded(name)).ToList())
            start.Environment.Remove(name);
        // The first place where .NET looks for user secrets.
        start.Environment["APPDATA"] = EmptyFolder;
        // What the runtime would learn of a program that is soon over comes too late for it.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.WorkingDirectory = EmptyFolder;
    }

    private static bool IsNeeded(string name) =>
        Needed.Contains(name, StringComparer.Ordinal) || name.StartsWith("npm_config_", StringComparison.OrdinalIgnoreCase) || name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase);
}
