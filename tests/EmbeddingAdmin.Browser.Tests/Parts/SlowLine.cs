using Microsoft.Playwright;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>A page's line to the dashboard, on which answers can be held back: what its operator sees is then older than what is so.</summary>
internal sealed class SlowLine
{
    private readonly Lock _gate = new();
    private readonly Queue<Action> _held = [];
    private bool _holds;

    /// <summary>Lays it; the next document that the page loads uses it.</summary>
    public static async Task<SlowLine> LayAsync(IPage page)
    {
        var line = new SlowLine();
        await page.RouteWebSocketAsync(address => address.Contains("/_blazor", StringComparison.Ordinal), socket =>
        {
            var server = socket.ConnectToServer();
            socket.OnMessage(frame => Pass(frame, server));
            server.OnMessage(frame => line.Bring(() => Pass(frame, socket)));
        });
        return line;
    }

    /// <summary>Nothing more comes from the server.</summary>
    public void Hold()
    {
        lock (_gate)
            _holds = true;
    }

    /// <summary>All that was held back comes, and all that follows.</summary>
    public void LetGo()
    {
        lock (_gate)
        {
            _holds = false;
            while (_held.TryDequeue(out var bring))
                bring();
        }
    }

    private void Bring(Action message)
    {
        lock (_gate)
        {
            if (_holds)
                _held.Enqueue(message);
            else
                message();
        }
    }

    private static void Pass(IWebSocketFrame frame, IWebSocketRoute to)
    {
        if (frame.Binary is { } bytes)
            to.Send(bytes);
        else
            to.Send(frame.Text!);
    }
}
