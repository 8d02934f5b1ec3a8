using System.Net.Http.Json;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The page of the provider that misbehaves on demand, as somebody uses it who tries the dashboard against it.</summary>
public sealed class ScriptedProviderTests(Chrome chrome)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deviation_is_played_with_a_press_the_counts_move_and_the_page_is_fit_to_be_seen()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Token);
        await using var visitor = await Visitor.ComeAsync(chrome);
        var page = visitor.Page;
        var look = new Look(page);
        await page.GotoAsync(provider.Address.ToString());
        await Expect(page.GetByText("Nothing: it is well-behaved.")).ToBeVisibleAsync();
        await look.AtAsync("scripted-provider");

        await page.GetByLabel("texts containing the words").CheckAsync();
        await page.GetByLabel("words", new() { Exact = true }).FillAsync("moon");
        await page.GetByRole(AriaRole.Button, new() { Name = "zero", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "zero: texts containing “moon”" })).ToBeVisibleAsync();
        // Where one was, and not under what stays at the top.
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "zero", Exact = true })).ToBeFocusedAsync();
        Assert.True(await page.EvaluateAsync<bool>("() => document.activeElement.getBoundingClientRect().top > document.querySelector('.occasion').getBoundingClientRect().bottom"));
        await Expect(page.GetByLabel("texts containing the words")).ToBeCheckedAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("zero: texts containing “moon”.");

        using var client = new HttpClient();
        await client.PostAsJsonAsync($"{provider.Endpoint}/embeddings", new { model = "text-embedding-3-small", input = new[] { "the moon" } }, Token);
        await Expect(page.Locator(".counts div").Filter(new() { HasText = "Requests" }).Locator("dd")).ToHaveTextAsync("1");

        await page.GetByLabel("Down").SelectOptionAsync("503 for everything");
        await page.GetByLabel("Tokens per minute").FillAsync("60000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await Expect(page.GetByText("It is down: every request is answered by 503.")).ToBeVisibleAsync();
        await Expect(page.GetByText("Limits: 60,000 tokens a minute.")).ToBeVisibleAsync();
        await look.BrieflyAtAsync("scripted-provider-playing");

        await page.GetByRole(AriaRole.Button, new() { Name = "Clear all" }).ClickAsync();
        await Expect(page.GetByText("Nothing: it is well-behaved.")).ToBeVisibleAsync();

        Assert.Empty(look.Faults);
        Assert.Empty(visitor.Faults);
    }
}
