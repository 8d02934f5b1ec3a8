using System.Net;
using System.Net.Sockets;

namespace EmbeddingAdmin.Web.Security;

/// <summary>Where the dashboard listens: what the configuration says, or 127.0.0.1 at the first free port from 5181 on.</summary>
internal static class ListenAddress
{
    private const int FirstPort = 5181;
    private const int PortsTried = 100;

    /// <returns>The addresses to bind, one URL each.</returns>
    public static IReadOnlyList<string> Of(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0)
            return endpoints;
        return configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls
            ? urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [$"http://127.0.0.1:{FirstFreePort()}"];
    }

    private static int FirstFreePort()
    {
        for (var port = FirstPort; port < FirstPort + PortsTried; port++)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
            }
        }
        return 0;
    }
}
