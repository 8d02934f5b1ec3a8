using System.Net;
using System.Net.Sockets;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>
/// A port that the system gives to nobody else as long as this lives: it is bound here and not listened on, so that whoever names it may do that, stop
/// and begin again, and is refused to everybody in between.
/// </summary>
internal sealed class HeldPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public HeldPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public int Number => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public void Dispose() => _socket.Dispose();
}
