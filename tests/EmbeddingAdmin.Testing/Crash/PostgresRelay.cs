using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// One worker's way to the database: a relay on loopback that can cut its connections at a chosen byte or at a COMMIT, hold everything
/// back as a network does that drops packets, or refuse whoever comes. It reads the protocol, which is not encrypted here.
/// </summary>
public sealed class PostgresRelay : IAsyncDisposable
{
    private readonly int _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<RelayedConnection> _connections = [];
    private readonly HashSet<int> _ports = [];
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private TaskCompletionSource? _stalled;
    private TaskCompletionSource<string> _struck = new();
    private Cut? _armed;
    private long _bytesLeft;
    private int _pages;
    private bool _refusing;

    /// <param name="target">The server's port on loopback.</param>
    public PostgresRelay(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Pages whose COMMIT went through here to the server.</summary>
    public int Pages => Volatile.Read(ref _pages);

    /// <summary>The same database by this way.</summary>
    public string Through(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = Port }.ConnectionString;

    /// <summary>Whether the server sees this port of ours at the other end of a connection.</summary>
    public bool Owns(int serverSidePort)
    {
        lock (_gate)
            return _ports.Contains(serverSidePort);
    }

    /// <summary>Makes a cut as soon as its place is reached.</summary>
    /// <returns>Ends, with what was cut, when it was made.</returns>
    public Task<string> Arm(Cut cut)
    {
        lock (_gate)
        {
            _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _bytesLeft = cut.Bytes;
            _armed = cut;
            return _struck.Task;
        }
    }

    /// <summary>Takes a cut back that was not made.</summary>
    public void Disarm()
    {
        lock (_gate)
            _armed = null;
    }

    /// <summary>Cuts every connection, and refuses new ones until <see cref="Open"/>.</summary>
    public void Close()
    {
        lock (_gate)
            _refusing = true;
        CutAll();
    }

    /// <summary>Lets connections through again.</summary>
    public void Open()
    {
        lock (_gate)
            _refusing = false;
    }

    /// <summary>Lets nothing through any more, in either direction, and tells nobody.</summary>
    public void Stall()
    {
        lock (_gate)
            _stalled ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Lets through what was held back.</summary>
    public void Flow()
    {
        TaskCompletionSource? stalled;
        lock (_gate)
            (stalled, _stalled) = (_stalled, null);
        stalled?.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        CutAll();
        Flow();
        await _accepting;
    }

    internal Task FlowingAsync()
    {
        lock (_gate)
            return _stalled?.Task ?? Task.CompletedTask;
    }

    /// <summary>Takes the cut when its place is within these bytes; of them, so many may still pass.</summary>
    internal Cut? TakeWithin(CutPlace place, int bytes, out int passing)
    {
        lock (_gate)
        {
            passing = (int)Math.Min(_bytesLeft, bytes);
            if (_armed?.Place != place)
                return null;
            _bytesLeft -= passing;
            return _bytesLeft > 0 ? null : Take();
        }
    }

    /// <summary>Takes the cut when it is to be made at this COMMIT.</summary>
    internal Cut? TakeAtCommit(Transaction transaction)
    {
        lock (_gate)
            return _armed is { Place: CutPlace.BeforeCommit or CutPlace.AfterCommit } cut && (cut.Of is null || cut.Of == transaction) ? Take() : null;
    }

    internal void Committed(Transaction transaction)
    {
        if (transaction == Transaction.Page)
            Interlocked.Increment(ref _pages);
    }

    /// <summary>Makes a cut that was taken, on this connection, and on all when it says so.</summary>
    internal void Strike(Cut cut, RelayedConnection connection, string what)
    {
        // Whoever is cut off altogether has to wait outside until the way is opened again.
        if (cut.All)
            Close();
        connection.Reset();
        _struck.TrySetResult(what);
    }

    private Cut? Take()
    {
        var cut = _armed;
        _armed = null;
        return cut;
    }

    private void CutAll()
    {
        RelayedConnection[] all;
        lock (_gate)
        {
            all = [.. _connections];
            _connections.Clear();
        }

        foreach (var connection in all)
            connection.Reset();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = CarryAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task CarryAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var connection = new RelayedConnection(this, client, server);
        try
        {
            await FlowingAsync();
            await server.ConnectAsync(IPAddress.Loopback, _target);
            lock (_gate)
            {
                if (_refusing)
                    throw new SocketException((int)SocketError.ConnectionRefused);
                _connections.Add(connection);
                _ports.Add(((IPEndPoint)server.LocalEndPoint!).Port);
            }

            await connection.CarryAsync();
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            // The server is down, the way is closed, or the connection has ended.
        }
        finally
        {
            connection.Reset();
            lock (_gate)
                _connections.Remove(connection);
        }
    }
}
