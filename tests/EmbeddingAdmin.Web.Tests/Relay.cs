using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>A way to the database that can be open or shut, and that counts who came. The port stays the same.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly HeldPort _port = new();
    private readonly (string Host, int Port) _target;
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _tasks = [];
    private readonly Lock _gate = new();
    private TcpListener? _listener;
    private volatile TaskCompletionSource? _held;
    private int _connections;
    private int _refusals;

    public Relay(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        _target = (settings.Host!, settings.Port);
        settings.Port = _port.Number;
        settings.Host = "127.0.0.1";
        ConnectionString = settings.ConnectionString;
    }

    /// <summary>The same database, by this way.</summary>
    public string ConnectionString { get; }

    /// <summary>How many connections were made.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How many passwords the server refused.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, _port.Number);
        _listener.Start();
        _tasks.Add(AcceptAsync(_listener));
    }

    /// <summary>Whoever comes from now on is let in, and gets no further before <see cref="LetGo"/>.</summary>
    public void Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo() => _held?.SetResult();

    /// <summary>Cuts what is connected; new connections are refused.</summary>
    public void Close()
    {
        _listener?.Dispose();
        lock (_gate)
        {
            _sockets.ForEach(socket => socket.Dispose());
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await Task.WhenAll(_tasks);
        _port.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync();
                Interlocked.Increment(ref _connections);
                _ = CarryAsync(client);
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    /// <summary>One connection, to its end; what ends on one side ends on the other, so that nobody waits for somebody who is gone.</summary>
    private async Task CarryAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            lock (_gate)
                _sockets.AddRange([client, server]);
            try
            {
                if (_held is { } held)
                    await held.Task;
                await server.ConnectAsync(_target.Host, _target.Port);
                await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // Closed, or the server takes no more; the next one is carried all the same.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[8192];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var read)
            {
                if (buffer.AsSpan(0, read).IndexOf("C28P01"u8) >= 0)
                    Interlocked.Increment(ref _refusals);
                await to.SendAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
