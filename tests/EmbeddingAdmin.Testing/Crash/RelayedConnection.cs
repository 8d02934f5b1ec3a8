using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// One connection through a relay. What the worker sends is read message by message as far as the texts of statements go, so that a COMMIT
/// is known before the server has it; what the server answers passes as it comes.
/// </summary>
internal sealed class RelayedConnection(PostgresRelay relay, Socket client, Socket server)
{
    private const int Header = 5;

    // Whoever sends more in one statement's text sends no COMMIT.
    private const int LongestText = 256 * 1024;

    private static readonly byte[] CommitDone = "C\0\0\0\u000BCOMMIT\0"u8.ToArray();

    private Transaction _transaction;
    private volatile Cut? _answerIsLost;

    public async Task CarryAsync()
    {
        // Whichever side ends first ends the other.
        await await Task.WhenAny(SendAsync(), AnswerAsync());
    }

    /// <summary>Cuts both sides as a crashed network device does: with a reset.</summary>
    public void Reset()
    {
        foreach (var socket in (Socket[])[client, server])
        {
            try
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // It is closed already.
            }

            socket.Dispose();
        }
    }

    private async Task SendAsync()
    {
        var buffer = new byte[LongestText + Header];
        var held = 0;
        var started = false;
        // What is left of a message whose text is of no interest.
        var passing = 0L;
        while (await client.ReceiveAsync(buffer.AsMemory(held)) is > 0 and var read)
        {
            held += read;
            var at = 0;
            while (at < held)
            {
                if (passing > 0)
                {
                    var some = (int)Math.Min(passing, held - at);
                    await PassAsync(buffer.AsMemory(at, some));
                    (at, passing) = (at + some, passing - some);
                    continue;
                }

                // The first message has no type.
                var header = started ? Header : Header - 1;
                if (held - at < header)
                    break;
                var length = BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at + header - 4)) + (started ? 1 : 0);
                var hasText = started && buffer[at] is (byte)'Q' or (byte)'P' && length <= LongestText;
                if (hasText && held - at < length)
                    break;
                started = true;
                if (!hasText)
                    passing = length;
                else
                {
                    await StatementAsync(buffer.AsMemory(at, (int)length));
                    at += (int)length;
                }
            }

            Buffer.BlockCopy(buffer, at, buffer, 0, held - at);
            held -= at;
        }
    }

    private async Task StatementAsync(Memory<byte> message)
    {
        var text = Encoding.UTF8.GetString(message.Span[Header..]).Trim('\0');
        if (text.Equals("COMMIT", StringComparison.OrdinalIgnoreCase))
        {
            var transaction = _transaction;
            _transaction = Transaction.Other;
            var cut = relay.TakeAtCommit(transaction);
            if (cut?.Place == CutPlace.BeforeCommit)
            {
                relay.Strike(cut, this, $"the COMMIT of a {transaction} did not reach the server");
                return;
            }

            _answerIsLost = cut;
            relay.Committed(transaction);
        }
        else if (text.Contains("insert into embedding_admin.batch", StringComparison.Ordinal))
            _transaction = Transaction.Page;
        else if (text.Contains("update embedding_admin.batch", StringComparison.Ordinal))
            _transaction = Transaction.ReadBack;
        else if (text.Equals("ROLLBACK", StringComparison.OrdinalIgnoreCase))
            _transaction = Transaction.Other;
        await PassAsync(message);
    }

    private async Task PassAsync(Memory<byte> bytes)
    {
        await relay.FlowingAsync();
        var cut = relay.TakeWithin(CutPlace.Sending, bytes.Length, out var some);
        await SendAllAsync(server, cut is null ? bytes : bytes[..some]);
        if (cut is not null)
            relay.Strike(cut, this, "what the worker sent broke off in the middle");
    }

    private async Task AnswerAsync()
    {
        var buffer = new byte[64 * 1024];
        while (await server.ReceiveAsync(buffer) is > 0 and var read)
        {
            var bytes = buffer.AsMemory(0, read);
            await relay.FlowingAsync();
            if (_answerIsLost is { } lost)
            {
                // The worker waited for every answer before, so this is the one to its COMMIT.
                relay.Strike(lost, this, bytes.Span.IndexOf(CommitDone) >= 0 ? "the server committed and the worker did not hear of it" : "the server refused a COMMIT and the worker did not hear of it");
                return;
            }

            var cut = relay.TakeWithin(CutPlace.Answering, read, out var some);
            await SendAllAsync(client, cut is null ? bytes : bytes[..some]);
            if (cut is not null)
                relay.Strike(cut, this, "what the server answered broke off in the middle");
        }
    }

    private static async Task SendAllAsync(Socket socket, Memory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }
}
