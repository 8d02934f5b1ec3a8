using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class RowsTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    [Theory]
    [InlineData("stories", "4,960 missing")]
    [InlineData("profiles", "1,475 missing")]
    public async Task An_operator_finds_a_row_looks_at_it_and_embeds_it_after_a_look(string table, string missing)
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var page = visitor.Page;
        var look = new Look(page);
        var card = new TableCard(page, table);
        await card.Link(missing).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync($"Rows of {table}");
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(51);
        await look.AtAsync($"rows-{table}");

        var first = await page.Locator(".row-list tbody a").First.TextContentAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Next" }).First.ClickAsync();
        await Expect(page.Locator(".row-list tbody a").First).Not.ToHaveTextAsync(first!);
        await page.GoBackAsync();
        await Expect(page.Locator(".row-list tbody a").First).ToHaveTextAsync(first!);

        await page.GetByLabel("Key").FillAsync("no such key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find" }).ClickAsync();
        await Expect(page.GetByText("No such row")).ToBeVisibleAsync();
        await look.BrieflyAtAsync($"rows-{table}-none");

        await page.GetByLabel("Key").FillAsync(first!);
        await page.GetByRole(AriaRole.Button, new() { Name = "Find" }).ClickAsync();
        await page.Locator(".row-list tbody a").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync($"Row {first}");
        await Expect(page.Locator(".row-reason")).ToContainTextAsync("The row has text and no vector");
        await look.BrieflyAtAsync($"row-{table}-missing");

        await page.GetByRole(AriaRole.Button, new() { Name = "Embed this row again" }).ClickAsync();
        await Expect(page.GetByText("no vector yet")).ToBeVisibleAsync();
        await look.BrieflyAtAsync($"row-{table}-shown");
        await page.GetByRole(AriaRole.Button, new() { Name = "Write it" }).ClickAsync();
        await Expect(page.GetByText("The one text has its vector, read back after the commit.")).ToBeVisibleAsync();
        await Expect(page.Locator(".row-reason")).ToContainTextAsync("up to date");
        await Expect(page.Locator(".sparkline")).ToBeVisibleAsync();

        // A row that has nothing to embed may be picked too, and is passed by.
        for (var written = 0; written < 3;)
        {
            var before = await page.Locator("h1").TextContentAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Random row" }).ClickAsync();
            await Expect(page.Locator("h1")).Not.ToHaveTextAsync(before!);
            await Expect(page.Locator(".row-reason")).ToBeVisibleAsync();
            if (await page.Locator(".row-reason").GetByText("nothing to embed").CountAsync() > 0)
                continue;
            await page.GetByRole(AriaRole.Button, new() { Name = "Embed this row again" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Write it" }).ClickAsync();
            await Expect(page.GetByText("read back after the commit")).ToBeVisibleAsync();
            written++;
        }

        await Expect(page.Locator(".nearest li").First).ToBeVisibleAsync();
        await look.AtAsync($"row-{table}");
        await page.Locator(".nearest a").First.ClickAsync();
        await Expect(page.Locator(".row-reason")).ToContainTextAsync("up to date");
        await page.GotoAsync(new Uri(new Uri(page.Url), "/tables/nowhere/rows").ToString());
        await Expect(page.GetByText("There is no table nowhere")).ToBeVisibleAsync();
        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);
    }
    [Theory]
    [InlineData("/tables/stories/rows/a/b%20c", "Row a/b c")]
    [InlineData("/tables/stories/rows/100%25%20%3F%23%26%2B%252F%5C", "Row 100% ?#&+%2F\\")]
    [InlineData("/tables/stories/rows/app.css", "Row app.css")]
    [InlineData("/tables/stories/rows/%3Cimg%20src%3Dx%3E", "Row <img src=x>")]
    [InlineData("/tables/stories/row?key=..%2F", "Row ../")]
    public async Task A_keys_address_is_read_as_the_key_whatever_is_in_it(string address, string title)
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        await visitor.Page.GotoAsync(new Uri(new Uri(visitor.Page.Url), address).ToString());
        await Expect(visitor.Page.Locator("h1")).ToHaveTextAsync(title);
        await Expect(visitor.Page.GetByText("No such row")).ToBeVisibleAsync();
        Faultless.Assert(visitor.Faults);
    }
}
