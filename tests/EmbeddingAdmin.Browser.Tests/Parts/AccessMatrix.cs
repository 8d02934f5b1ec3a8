using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The page that says who can do what to a table.</summary>
internal sealed class AccessMatrix(IPage page)
{
    // More than any page has to stop at.
    private const int MostStops = 60;

    public ILocator Verdict => page.Locator(".access-verdict");

    /// <summary>What the open answer rests on.</summary>
    public ILocator Evidence => page.Locator(".evidence");

    /// <summary>The answers of one identity, in the order of the questions.</summary>
    public ILocator Answers(string who) => page.Locator($"[data-who={who}] .matrix-cell");

    /// <summary>Waits until an identity has these answers.</summary>
    public Task SaysAsync(string who, params string[] answers) => Expect(page.Locator($"[data-who={who}] .status-badge")).ToContainTextAsync(answers);

    /// <summary>Goes on with the Tab key until this has the focus.</summary>
    public async Task TabToAsync(ILocator element)
    {
        for (var stops = 0; stops < MostStops; stops++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await element.EvaluateAsync<bool>("element => element === document.activeElement"))
                return;
        }

        throw new InvalidOperationException($"{element} is not reached by the Tab key.");
    }
}
