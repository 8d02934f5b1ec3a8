using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>A table's card on the overview.</summary>
internal sealed class TableCard(IPage page, string table)
{
    private readonly ILocator _card = page.Locator($"section[data-table='{table}']");

    public ILocator Headline => _card.Locator(".headline-value");

    public ILocator LastRun => _card.Locator(".last-run");

    public ILocator OriginalBug => _card.Locator(".original-bug [aria-live]");

    public ILocator Ask(string button) => _card.GetByRole(AriaRole.Button, new() { Name = button, Exact = true });

    public ILocator Link(string name) => _card.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Writer(string who) => _card.Locator(".probes > li").Filter(new() { HasText = who });

    /// <summary>Every figure on the card is the one that SQL counts.</summary>
    public async Task ShowsAsync(TableFacts sql)
    {
        await Expect(Figure("Total")).ToHaveTextAsync($"{await sql.TotalAsync():N0}");
        await Expect(Figure("Embedded")).ToHaveTextAsync($"{await sql.EmbeddedAsync():N0}");
        await Expect(Figure("Missing")).ToHaveTextAsync($"{await sql.MissingAsync():N0}");
        await Expect(Figure("Nothing to embed")).ToHaveTextAsync($"{await sql.NothingToEmbedAsync():N0}");
        await Expect(_card.Locator($"[role=img][aria-label^='Coverage of {table}: {await sql.EmbeddedAsync():N0} of {await sql.TotalAsync():N0} rows embedded ']")).ToBeVisibleAsync();
    }

    private ILocator Figure(string label) => _card.Locator(".figure").Filter(new() { Has = page.GetByText(label, new() { Exact = true }) }).Locator(".figure-value");
}
