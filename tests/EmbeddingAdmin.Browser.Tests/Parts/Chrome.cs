using EmbeddingAdmin.Browser.Tests;
using EmbeddingAdmin.Testing.Browser;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chrome))]
// Each class has an app, a database and a provider of its own, and waits for them most of the time.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The one browser of these tests. Every visitor gets a context of their own: cookies and cache are nobody else's.</summary>
public sealed class Chrome : IAsyncLifetime
{
    private static readonly string[] Flags =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal IBrowser Browser => _browser ?? throw new InvalidOperationException("The browser was not started.");

    public async ValueTask InitializeAsync()
    {
        var path = await Testing.Browser.Chromium.FindAsync(TestContext.Current.CancellationToken);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = Flags });
        Assertions.SetDefaultExpectTimeout(Visitor.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
