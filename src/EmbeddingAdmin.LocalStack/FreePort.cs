using System.Net;
using System.Net.Sockets;

namespace EmbeddingAdmin.Local;

/// <summary>A port on loopback that nobody listens on at this moment. Somebody may take it before its user does, who then asks again.</summary>
internal static class FreePort
{
    public const int Tries = 5;

    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
