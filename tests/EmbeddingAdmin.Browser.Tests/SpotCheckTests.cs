using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class SpotCheckTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    // A key alone is a click on the button that names it, so whether it was taken for one is counted where it happens.
    private const string CountClicks = "() => { window.clicks = 0; document.addEventListener('click', event => { if (event.target.closest('[data-key]')) window.clicks++; }, { capture: true }); }";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("stories")]
    [InlineData("profiles")]
    public async Task Keys_lead_from_row_to_row_and_not_while_somebody_types_or_has_turned_them_off(string table)
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var (page, look) = (visitor.Page, new Look(visitor.Page));
        var keys = await KeysAsync($"select id::text from {table} order by id limit 3");
        await page.GotoAsync(new Uri(new Uri(page.Url), $"/tables/{table}/rows/{keys[0]}").ToString());
        await IsAsync(page, keys[0]);
        await page.EvaluateAsync(CountClicks);

        await page.Keyboard.PressAsync("n");
        await IsAsync(page, keys[1]);
        await page.Keyboard.PressAsync("n");
        await IsAsync(page, keys[2]);
        await page.Keyboard.PressAsync("p");
        await IsAsync(page, keys[1]);
        await page.Keyboard.PressAsync("r");
        await Expect(page.Locator("h1")).Not.ToHaveTextAsync($"Row {keys[1]}");
        await page.GoBackAsync();
        await IsAsync(page, keys[1]);
        Assert.Equal(4, await ClicksAsync(page));

        // Where somebody types, and with a modifier, a key is what it always is.
        var box = page.GetByLabel("Text to search by");
        await box.PressSequentiallyAsync("npr");
        await Expect(box).ToHaveValueAsync("npr");
        await box.FillAsync("");
        // In a list a key chooses.
        await page.GetByLabel("Order").FocusAsync();
        await page.Keyboard.PressAsync("l");
        await Expect(page.GetByLabel("Order")).ToHaveValueAsync("Longest");
        await page.Keyboard.PressAsync("n");
        await page.GetByLabel("Order").SelectOptionAsync("by key");
        foreach (var modifier in (string[])["ctrlKey", "altKey", "metaKey", "shiftKey"])
            await page.Locator("h1").DispatchEventAsync("keydown", new Dictionary<string, object> { ["key"] = "n", ["bubbles"] = true, [modifier] = true });
        Assert.Equal(4, await ClicksAsync(page));

        // The focus stays where it was, for the next press.
        var next = page.GetByRole(AriaRole.Button, new() { Name = "Next" });
        await next.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await IsAsync(page, keys[2]);
        await Expect(next).ToBeFocusedAsync();
        await Expect(page.Locator("h1")).ToHaveAttributeAsync("aria-live", "polite");
        await Expect(next).ToHaveAttributeAsync("aria-keyshortcuts", "n");

        // Off is off, and the browser remembers it.
        var keysOn = page.GetByRole(AriaRole.Switch, new() { Name = "Keys n, p, r" });
        await keysOn.UncheckAsync();
        var before = await ClicksAsync(page);
        await page.Keyboard.PressAsync("p");
        Assert.Equal(before, await ClicksAsync(page));
        await page.ReloadAsync();
        await IsAsync(page, keys[2]);
        await Expect(keysOn).Not.ToBeCheckedAsync();
        await Expect(next).Not.ToHaveAttributeAsync("aria-keyshortcuts", "n");
        await keysOn.CheckAsync();
        await page.Keyboard.PressAsync("p");
        await IsAsync(page, keys[1]);

        await look.AtAsync($"spot-{table}");
        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);
    }

    [Fact]
    public async Task An_order_is_walked_and_stands_in_the_address()
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var page = visitor.Page;
        var facts = await TableFacts.OfAsync(demo, "stories");
        var byLength = (await facts.RowsAsync()).OrderByDescending(row => row.Text.EnumerateRunes().Count()).ThenByDescending(row => row.Key, StringComparer.Ordinal).Take(2).Select(row => row.Key).ToList();
        await page.GotoAsync(new Uri(new Uri(page.Url), $"/tables/stories/rows/{(await KeysAsync("select id::text from stories order by id limit 1"))[0]}").ToString());
        await page.GetByLabel("Order").SelectOptionAsync("longest text first");
        await Expect(page).ToHaveURLAsync(Address("order=longest"));
        await page.GetByRole(AriaRole.Button, new() { Name = "First" }).ClickAsync();
        await IsAsync(page, byLength[0]);
        await page.Keyboard.PressAsync("p");
        await Expect(page.Locator(".spot-said")).ToContainTextAsync("There is no row before this one in this order.");
        await page.Keyboard.PressAsync("n");
        await IsAsync(page, byLength[1]);
        await page.ReloadAsync();
        await IsAsync(page, byLength[1]);
        await Expect(page.GetByLabel("Order")).ToHaveValueAsync("Longest");
        await page.Keyboard.PressAsync("p");
        await IsAsync(page, byLength[0]);

        await page.GetByLabel("Order").SelectOptionAsync("nothing to embed");
        await Expect(page).ToHaveURLAsync(Address("order=state&state=emptySource"));
        await page.GetByRole(AriaRole.Button, new() { Name = "First" }).ClickAsync();
        await Expect(page.Locator(".row-reason .state-chip")).ToHaveTextAsync("nothing to embed");
        Faultless.Assert(visitor.Faults);
    }

    [Theory]
    [InlineData("stories")]
    [InlineData("profiles")]
    public async Task A_row_is_found_by_its_text_and_tells_its_past(string table)
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var (page, look) = (visitor.Page, new Look(visitor.Page));
        var row = (await (await TableFacts.OfAsync(demo, table)).RowsAsync()).Where(row => row.Text.Length is > 20 and < 1500).OrderBy(row => row.Key, StringComparer.Ordinal).First();
        await page.GotoAsync(new Uri(new Uri(page.Url), $"/tables/{table}/rows/{row.Key}").ToString());
        await Expect(page.GetByText("No run has written this row or listed it.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Embed this row again" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Write it" }).ClickAsync();
        await Expect(page.Locator(".history li")).ToContainTextAsync("written");
        await Expect(page.Locator(".compared")).ToContainTextAsync("agrees");

        await page.GetByRole(AriaRole.Link, new() { Name = $"Rows of {table}" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync($"Rows of {table}");
        await page.GetByLabel("Text to search by").FillAsync(row.Text);
        await Expect(page.GetByText($"The text is sent to {demo.Provider.Address.Authority}")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        await Expect(page.Locator(".meaning .nearest li").First).ToContainTextAsync(row.Key);
        await Expect(page.Locator(".meaning .nearest li").First).ToContainTextAsync("0.0000");
        await look.AtAsync($"meaning-{table}");
        await page.Locator(".meaning .nearest a").First.ClickAsync();
        await IsAsync(page, row.Key);
        await look.BrieflyAtAsync($"past-{table}");
        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);
    }

    [Fact]
    public async Task What_an_index_misses_is_shown_beside_what_is_there()
    {
        var keys = await KeysAsync("select id::text from stories order by id desc limit 52");
        // Rows that were deleted or emptied stand in the index until a vacuum, and take the places of those that are there.
        await using (var still = demo.Database.CreateCommand("alter table stories set (autovacuum_enabled = off)"))
            await still.ExecuteNonQueryAsync(Cancel);
        await using (var plant = demo.Database.CreateCommand(
            """
            update stories s set embedding = (array[1, (case when p.n = 1 then 0 when p.n <= 46 then p.n else p.n * 10 end) / 1000.0]::float4[] || array_fill(0::float4, array[1534]))::extensions.vector
              from unnest($1) with ordinality p (key, n) where s.id = p.key::uuid;
            """))
        {
            plant.Parameters.Add(new() { Value = keys.ToArray() });
            await plant.ExecuteNonQueryAsync(Cancel);
        }

        await using (var index = demo.Database.CreateCommand("create index stories_by_meaning on stories using hnsw (embedding extensions.vector_cosine_ops)"))
            await index.ExecuteNonQueryAsync(Cancel);
        await using (var empty = demo.Database.CreateCommand("update stories set embedding = null where id::text = any($1)"))
        {
            empty.Parameters.Add(new() { Value = keys.Skip(1).Take(37).ToArray() });
            await empty.ExecuteNonQueryAsync(Cancel);
        }

        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var (page, look) = (visitor.Page, new Look(visitor.Page));
        await page.GotoAsync(new Uri(new Uri(page.Url), $"/tables/stories/rows/{keys[0]}").ToString());
        await Expect(page.Locator(".nearest-differs")).ToContainTextAsync("The index finds 2 of the 5 nearest.");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "By the index" })).ToBeVisibleAsync();
        await Expect(page.Locator(".nearest-alone").First).ToContainTextAsync("the index misses it");
        await look.AtAsync("nearest-differs");
        // To write with an index there has to be agreed to.
        await using (var drop = demo.Database.CreateCommand("drop index stories_by_meaning; update stories set embedding = null"))
            await drop.ExecuteNonQueryAsync(Cancel);
        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);
    }

    private static async Task IsAsync(IPage page, string key)
    {
        await Expect(page.Locator("h1")).ToHaveTextAsync($"Row {key}");
        await Expect(page.Locator(".row-reason")).ToBeVisibleAsync();
    }

    private static Regex Address(string query) => new($"\\?{Regex.Escape(query)}(&|$)", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static Task<int> ClicksAsync(IPage page) => page.EvaluateAsync<int>("() => window.clicks");

    private async Task<IReadOnlyList<string>> KeysAsync(string sql)
    {
        await using var command = demo.Database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var keys = new List<string>();
        while (await reader.ReadAsync(Cancel))
            keys.Add(reader.GetString(0));
        return keys;
    }
}
