using System.Globalization;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The page of a run.</summary>
internal sealed class RunPage(IPage page)
{
    // The ledger's column and the word on the page, spelled out here once more: a test that asked the page's own table would agree with any.
    private static readonly (string Column, string Word)[] Outcomes =
    [
        ("written", "written"), ("already_current", "already current"), ("changed", "edited meanwhile"), ("deleted", "deleted meanwhile"),
        ("blocked", "blocked"), ("reverted", "reverted"), ("empty_source", "nothing to embed"), ("too_long", "too long"), ("failed", "failed"),
        ("unverified", "not read back"), ("not_attempted", "not attempted"),
    ];

    // Milliseconds.
    private const float Patience = 120_000;

    private const int MostSteps = 40;

    public ILocator Bar => page.GetByRole(AriaRole.Progressbar);

    /// <summary>The sentence of a run that has ended.</summary>
    public ILocator Verdict => page.Locator(".verdict");

    /// <summary>The badges, the reason's code and all sentences about how it stands.</summary>
    public ILocator Head => page.Locator(".run-head");

    /// <summary>Until when the run waits or holds.</summary>
    public ILocator Until => page.Locator(".run-head .hold-until");

    /// <summary>What the last command came to.</summary>
    public ILocator Said => page.Locator(".run-commands .said");

    /// <summary>What the buttons say that are offered.</summary>
    public ILocator Buttons => page.Locator(".run-commands .buttons .rz-button-text");

    /// <summary>The run's number.</summary>
    public long Id => long.Parse(new Uri(page.Url).Segments[^1]);

    public ILocator Ask(string button) => page.Locator(".run-commands").GetByRole(AriaRole.Button, new() { Name = button, Exact = true });

    /// <summary>Waits until the page says that the run has this status; a worker may have to start, and a run to end.</summary>
    public Task IsAsync(string status) => Expect(page.Locator(".run-state .status-badge").First).ToContainTextAsync(status, new() { Timeout = Patience });

    /// <summary>How far the run is, in the bar's words.</summary>
    public async Task<string> ProgressAsync() => await Bar.GetAttributeAsync("aria-valuetext") ?? "";

    /// <summary>
    /// Lets a provider that holds its answers back give one after the other, and waits after each until the bar has moved forward in the very
    /// document that is open now: a page that is loaded again fails it.
    /// </summary>
    /// <param name="provider">The provider; it holds its answers back afterwards as before.</param>
    /// <param name="times">How often.</param>
    public async Task IsSeenToMoveAsync(ScriptedProvider provider, int times)
    {
        await Expect(page.Locator("[role=progressbar][aria-valuenow]")).ToBeVisibleAsync(new() { Timeout = Patience });
        await page.EvaluateAsync("window.sameDocument = true");
        for (var before = await ShareAsync(); times-- > 0; before = await ShareAsync())
        {
            await MovesAsync(provider, before);
            Assert.True(double.Parse(await ShareAsync(), CultureInfo.InvariantCulture) > double.Parse(before, CultureInfo.InvariantCulture), "The bar went back.");
        }

        Assert.True(await page.EvaluateAsync<bool>("window.sameDocument === true"), "The page was loaded again.");
    }

    /// <summary>Lets answers go until the bar has moved: a page may take several requests, because a long text goes alone.</summary>
    private async Task MovesAsync(ScriptedProvider provider, string before)
    {
        for (var steps = 1; ; steps++)
        {
            provider.Script.Step();
            try
            {
                await Expect(Bar).Not.ToHaveAttributeAsync("aria-valuenow", before, new() { Timeout = Patience / MostSteps });
                return;
            }
            catch (PlaywrightException) when (steps < MostSteps)
            {
                // Held again.
            }
        }
    }

    /// <summary>Every line of the receipt is the ledger's sum, and the eleven add up to the rows selected.</summary>
    public async Task FiguresAreTheLedgersAsync(TableFacts sql)
    {
        var selected = 0L;
        foreach (var (column, word) in Outcomes)
        {
            var rows = await sql.LedgerAsync(Id, column);
            await Expect(Line(word)).ToHaveTextAsync($"{rows:N0}");
            selected += rows;
        }

        await Expect(Line("Sum: rows selected")).ToHaveTextAsync($"{selected:N0}");
    }

    private async Task<string> ShareAsync() => await Bar.GetAttributeAsync("aria-valuenow") ?? "";

    private ILocator Line(string word) => page.Locator(".receipt tr").Filter(new() { Has = page.GetByText(word, new() { Exact = true }) }).Locator("td");
}
