using System.Collections.Concurrent;
using System.Text;
using Microsoft.Playwright;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>
/// Somebody at a browser with cookies of their own. Whatever their pages receive is kept, and every fault that a browser's console or
/// network panel would show.
/// </summary>
internal sealed class Visitor : IAsyncDisposable
{
    /// <summary>How long a page may take for anything, in milliseconds: a busy machine is no fault of the page's.</summary>
    internal const float Patience = 60_000;

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<Task<(string From, string Text)>> _received = [];
    private readonly ConcurrentQueue<string> _faults = [];

    private Visitor(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    /// <summary>The page that is open; <see cref="CloseAsync"/> and <see cref="OpenAsync"/> make it another one.</summary>
    public IPage Page { get; private set; }

    /// <summary>Console errors, exceptions, failed requests and answers that are errors: a sentence for each.</summary>
    public IReadOnlyList<string> Faults => [.. _faults];

    /// <summary>Opens a browser window of a desk's size; nobody is signed in.</summary>
    public static async Task<Visitor> ComeAsync(Chrome chrome)
    {
        var context = await chrome.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        context.SetDefaultTimeout(Patience);
        var visitor = new Visitor(context, await context.NewPageAsync());
        visitor.Listen(visitor.Page);
        return visitor;
    }

    /// <summary>Opens a window and a link that signs in.</summary>
    public static async Task<Visitor> SignInAsync(Chrome chrome, Demo demo)
    {
        var visitor = await ComeAsync(chrome);
        await visitor.Page.GotoAsync(await demo.LinkAsync());
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();
        return visitor;
    }

    /// <summary>Opens a window and types a name and the token of the settings.</summary>
    public static async Task<Visitor> SignInAsync(Chrome chrome, Fleet fleet, string name)
    {
        var visitor = await ComeAsync(chrome);
        await visitor.Page.GotoAsync(new Uri(fleet.Address, "/sign-in").ToString());
        await visitor.Page.GetByLabel("Your name").FillAsync(name);
        await visitor.Page.GetByLabel("Token", new() { Exact = true }).FillAsync(Fleet.SignInToken);
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();
        return visitor;
    }

    /// <summary>Opens a second tab beside the page that is open.</summary>
    public async Task<IPage> BesideAsync(Uri address)
    {
        var tab = await _context.NewPageAsync();
        Listen(tab);
        await tab.GotoAsync(address.ToString());
        return tab;
    }

    /// <summary>Goes to another page by the menu.</summary>
    public async Task GoAsync(string where)
    {
        await Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = where }).ClickAsync();
        await Assertions.Expect(Page.Locator("h1")).ToHaveTextAsync(where);
    }

    /// <summary>Closes the page; the session's cookie stays.</summary>
    public Task CloseAsync() => Page.CloseAsync();

    /// <summary>Opens another page.</summary>
    public async Task OpenAsync(string address)
    {
        Page = await _context.NewPageAsync();
        Listen(Page);
        await Page.GotoAsync(address);
    }

    /// <summary>Every document, answer and frame that this visitor's pages have received, with where it came from.</summary>
    public async Task<IReadOnlyList<(string From, string Text)>> ReceivedAsync() => await Task.WhenAll(_received).WaitAsync(TimeSpan.FromMilliseconds(Patience), TimeProvider.System);

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private void Listen(IPage page)
    {
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _faults.Enqueue($"The console says ({message.Type}): {message.Text}");
        };
        page.PageError += (_, error) => _faults.Enqueue($"A script failed: {error}");
        page.RequestFailed += (_, request) =>
        {
            // What the page itself gave up because it was taken over by the circuit, or went elsewhere, is nobody's fault.
            if (request.Failure != "net::ERR_ABORTED")
                _faults.Enqueue($"{request.Method} {request.Url} failed: {request.Failure}");
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                _faults.Enqueue($"{response.Request.Method} {response.Url} answered {response.Status}");
            _received.Enqueue(Task.FromResult((response.Url, string.Join('\n', response.Headers.Select(header => $"{header.Key}: {header.Value}")))));
        };
        // Not at the response: one whose page is left before it is through would never be.
        page.RequestFinished += (_, request) =>
        {
            if (request.ResourceType is not ("script" or "stylesheet" or "font" or "image"))
                _received.Enqueue(ReadAsync(request));
        };
        page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) =>
            _received.Enqueue(Task.FromResult((socket.Url, frame.Text ?? Encoding.UTF8.GetString(frame.Binary ?? []))));
    }

    private static async Task<(string From, string Text)> ReadAsync(IRequest request)
    {
        try
        {
            return (request.Url, await request.ResponseAsync() is { } response ? await response.TextAsync() : "");
        }
        catch (PlaywrightException)
        {
            // A redirect has no body, and a page that was left at once (the sign-in form sends itself) takes its own along.
            return (request.Url, "");
        }
    }
}
