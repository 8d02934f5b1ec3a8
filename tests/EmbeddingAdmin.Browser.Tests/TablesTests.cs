using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The demo as somebody has it who names its tables and no recipe; the profiles are private.</summary>
public sealed class UnconfirmedDemo : IAsyncLifetime
{
    internal Demo Demo { get; } = new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Tables__0__Name"] = "stories", ["Tables__0__Vector"] = "embedding", ["Tables__0__Owner"] = "user_id", ["Tables__0__CreatedAt"] = "created_at", ["Tables__0__Private"] = "false",
        ["Tables__1__Name"] = "profiles", ["Tables__1__Vector"] = "preference_embedding",
        ["Tables__2__Name"] = "letters", ["Tables__2__Vector"] = "embedding",
    });

    public ValueTask InitializeAsync() => Demo.InitializeAsync();

    public ValueTask DisposeAsync() => Demo.DisposeAsync();
}

public sealed class TablesTests(Chrome chrome, UnconfirmedDemo unconfirmed) : IClassFixture<UnconfirmedDemo>
{
    [Fact]
    public async Task A_proposed_text_is_looked_at_changed_confirmed_and_embedded_and_a_private_one_is_hidden_until_somebody_asks()
    {
        var (cancel, demo) = (TestContext.Current.CancellationToken, unconfirmed.Demo);
        await using (var sql = demo.Database.CreateCommand(
            """
            drop schema if exists shop cascade; create schema shop; create table shop."Odd ""Items"" <b>" (id bigint primary key, title text, vec extensions.halfvec(256));
            create table shop.pairs (a int, b int, title text, embedding extensions.vector(3), primary key (a, b)); create view shop.seen as select * from shop.pairs;
            update profiles set bio = 'PLANTED ' || bio where bio is not null; analyze stories
            """))
            await sql.ExecuteNonQueryAsync(cancel);
        // No run is watched on its way.
        demo.Provider.Script.Latency = TimeSpan.FromMilliseconds(5);
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var page = visitor.Page;
        var look = new Look(page);
        var stories = new TableCard(page, "stories");
        await Expect(stories.Headline).ToHaveTextAsync("0 %");
        await Expect(page.GetByText("No text recipe is confirmed").First).ToBeVisibleAsync();
        await look.BrieflyAtAsync("overview-unconfirmed");

        await stories.Ask("Start backfill").ClickAsync();
        await Expect(page.Locator(".start-panel")).ToContainTextAsync("EA-SCH-09");
        await look.BrieflyAtAsync("start-unconfirmed", dialog: true);
        await page.GetByRole(AriaRole.Link, new() { Name = "Look at the proposed text" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Text of stories");
        await Expect(page.Locator(".sample-rows > li")).ToHaveCountAsync(20);
        await look.AtAsync("text-proposed");

        var editor = page.GetByLabel("Text recipe");
        await editor.FillAsync("{titel}");
        await Expect(page.Locator("#recipe-verdict")).ToContainTextAsync("Did you mean title?");
        await look.BrieflyAtAsync("text-refused");
        await editor.FillAsync("{title}");
        await page.GetByRole(AriaRole.Button, new() { Name = "content text" }).ClickAsync();
        await Expect(editor).ToHaveValueAsync("{title}\n{content}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview on twenty rows" }).ClickAsync();
        await Expect(page.GetByText("What the changed recipe makes of the rows")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await Expect(page.GetByText("Version 1 is in force.")).ToBeVisibleAsync();

        await EmbedAsync(visitor, stories);
        await page.GotoAsync(new Uri(new Uri(page.Url), "/tables/stories/text").ToString());
        await editor.FillAsync("Title: {title}\n{content}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alertdialog)).ToContainTextAsync("4,960 rows with a vector become \"from other settings\"");
        await look.BrieflyAtAsync("text-change", dialog: true);
        await page.GetByRole(AriaRole.Button, new() { Name = "Change it" }).ClickAsync();
        await Expect(page.GetByText("Version 2 is in force.")).ToBeVisibleAsync();
        await Expect(page.GetByText("Version 2, confirmed by operator at ")).ToBeVisibleAsync();
        await look.BrieflyAtAsync("text-confirmed");

        await visitor.GoAsync("Tables");
        await Expect(page.Locator("[data-configured=stories]")).ToContainTextAsync("version 2, confirmed by");
        await Expect(page.Locator("[data-configured=letters]")).ToContainTextAsync("EA-SCH-01");
        await look.AtAsync("tables");
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await page.Locator("[data-found=odd-items-b] summary").ClickAsync();
        await page.Locator("[data-found=odd-items-b] [data-copy]").ClickAsync();
        await Expect(page.GetByText("Copied.")).ToBeVisibleAsync();
        Assert.Equal(await page.Locator("#entry-odd-items-b").TextContentAsync(), await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
        await look.BrieflyAtAsync("tables-entry");

        await page.GetByRole(AriaRole.Link, new() { Name = "Text of profiles" }).ClickAsync();
        await Expect(page.Locator(".sample-rows > li")).ToHaveCountAsync(20);
        await look.BrieflyAtAsync("text-private");
        Assert.DoesNotContain(await visitor.ReceivedAsync(), received => received.Text.Contains("PLANTED", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Expect(page.Locator(".sample-rows pre").First).ToContainTextAsync("PLANTED");
        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);
    }

    private static async Task EmbedAsync(Visitor visitor, TableCard stories)
    {
        await visitor.GoAsync("Overview");
        await Expect(visitor.Page.GetByText("Text recipe: version 1")).ToBeVisibleAsync();
        await stories.Ask("Start backfill").ClickAsync();
        var panel = new StartPanel(visitor.Page);
        await Expect(panel.Sample).ToBeVisibleAsync();
        await panel.Ask("Start").ClickAsync();
        var run = new RunPage(visitor.Page);
        await run.IsAsync("Succeeded");
        await Expect(visitor.Page.GetByText("version 1").First).ToBeVisibleAsync();
    }
}
