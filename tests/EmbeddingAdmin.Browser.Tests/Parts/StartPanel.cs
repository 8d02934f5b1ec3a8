using Microsoft.Playwright;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>What is shown before a backfill starts.</summary>
internal sealed class StartPanel(IPage page)
{
    private readonly ILocator _dialog = page.GetByRole(AriaRole.Dialog);

    /// <summary>One row's text as it will be sent, and the row's key.</summary>
    public ILocator Sample => _dialog.Locator("pre.sample");

    public ILocator SampleKey => _dialog.Locator("p code");

    /// <summary>What else an update sets off, and the tick that it was seen.</summary>
    public ILocator Neighbours => _dialog.Locator(".neighbours");

    public ILocator Seen => _dialog.GetByLabel("I have seen this: start all the same");

    public ILocator Ask(string button) => _dialog.GetByRole(AriaRole.Button, new() { Name = button, Exact = true });

    public ILocator Fact(string name) => _dialog.Locator(".facts > div").Filter(new() { Has = page.GetByText(name, new() { Exact = true }) }).Locator("dd");
}
