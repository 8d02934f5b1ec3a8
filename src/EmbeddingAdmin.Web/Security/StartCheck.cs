using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.DataProtection;

namespace EmbeddingAdmin.Web.Security;

/// <summary>What would be unsafe whoever signs in is refused before anything listens.</summary>
internal static class StartCheck
{
    private static readonly string[] LoopbackHosts = ["localhost", "127.0.0.1", "[::1]"];

    /// <exception cref="EmbeddingAdminException">The runtime is 10.0.0 to 10.0.6.</exception>
    public static void RefuseVulnerableRuntime(Version? runtime = null)
    {
        runtime ??= RuntimeOf(typeof(IDataProtector).Assembly);
        if (runtime is { Major: 10, Minor: 0, Build: < 7 })
            throw new EmbeddingAdminException(ErrorCodes.VulnerableRuntime,
                $".NET {runtime} accepts forged cookies (CVE-2026-40372). The dashboard was not started. Install .NET 10.0.7 or later.");
    }

    /// <exception cref="EmbeddingAdminException">An address is plain HTTP and can be reached from other machines.</exception>
    public static void RefusePlainHttpBeyondLoopback(IEnumerable<string> urls)
    {
        foreach (var url in urls)
            if (BindingAddress.Parse(url) is var address && !IsHttps(address) && !IsLoopback(address))
                throw new EmbeddingAdminException(ErrorCodes.PlainHttpBeyondLoopback,
                    $"{url} is plain HTTP and can be reached from other machines: the session's cookie could be read on the way. The dashboard was not started. "
                    + "Listen on 127.0.0.1 and reach it through a tunnel, or configure HTTPS.");
    }

    /// <summary>The host names that a request may name: loopback's, unless <c>AllowedHosts</c> says otherwise.</summary>
    /// <exception cref="EmbeddingAdminException">Any host is allowed although other machines can reach the dashboard.</exception>
    public static IList<string> AllowedHosts(string? configured, IEnumerable<string> urls)
    {
        var hosts = configured?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (hosts is not { Length: > 0 })
            return LoopbackHosts;
        if (hosts.Contains("*") && urls.Any(url => !IsLoopback(BindingAddress.Parse(url))))
            throw new EmbeddingAdminException(ErrorCodes.AnyHostAllowed,
                "AllowedHosts is * on an address that other machines can reach. The dashboard was not started. Name the hosts that people type.");
        return hosts;
    }

    // The assembly's own version stays at 10.0.0; its informational one is that of the package or the shared framework, "10.0.12+commit".
    private static Version RuntimeOf(Assembly assembly) =>
        Version.TryParse(assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+', '-')[0], out var version)
            ? version
            : Environment.Version;

    private static bool IsHttps(BindingAddress address) => string.Equals(address.Scheme, Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe || string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
