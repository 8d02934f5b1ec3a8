using EmbeddingAdmin.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class OwnProjectTests(Chrome chrome, OwnProject project) : IClassFixture<OwnProject>
{
    private static readonly string[] Tables = ["stories", "profiles"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_connects_a_project_wrong_and_then_right_confirms_a_text_embeds_and_looks_at_rows()
    {
        await FaultsOfFormStopTheStartAsync();
        var seen = new List<(string From, string Text)>();
        await ARefusedPasswordIsSaidAndNothingIsMadeAsync(seen);

        await using (var app = project.Start(project.Env()))
        {
            await using var visitor = await ComeAsync(app);
            var look = new Look(visitor.Page);
            await TheDatabaseIsConfirmedByNameAsync(visitor.Page, look);
            foreach (var table in Tables)
                await AProposedTextIsConfirmedAsync(visitor.Page, table, look);
            foreach (var table in Tables)
            {
                await EveryTextGetsItsVectorAsync(visitor, table);
                await ARowShowsTheTextThatWasSentAsync(visitor.Page, table, look);
            }

            await visitor.GoAsync("Tables");
            await Expect(visitor.Page.Locator("[data-configured]")).ToHaveCountAsync(2);
            await look.AtAsync("own-tables");
            await visitor.GoAsync("Connection");
            await Expect(visitor.Page.GetByText("Nothing is wrong")).ToBeVisibleAsync();
            await look.AtAsync("own-connection");

            Faultless.Assert(visitor.Faults);
            Faultless.Assert(look.Faults);
            seen.AddRange(await visitor.ReceivedAsync());
            Assert.Equal(0, await app.TerminateAsync(Cancel));
            seen.Add(("the log", app.Said));
        }

        foreach (var words in (string[][])[["tables", "--json"], ["coverage", "--json"], ["runs", "--json"]])
            seen.Add(($"the terminal's {words[0]}", await project.SayAsync(words)));
        seen.AddRange(await project.RecordsAsync());
        Assert.Contains(seen, text => text.From == "the table event" && text.Text.Contains("text.shown", StringComparison.Ordinal));
        Faultless.Assert(Leaks.Of(project.Secrets, seen));
    }

    private async Task FaultsOfFormStopTheStartAsync()
    {
        await using var app = project.Start(project.Env(project.ConnectionUri("[YOUR-PASSWORD]"), project.Stack.AnonKey));
        Assert.Equal(2, await app.EndAsync(Cancel));
        Assert.Contains("EA-CFG-05 ConnectionStrings:Postgres: ", app.Said, StringComparison.Ordinal);
        Assert.Contains("EA-KEY-01 Supabase:ServiceKey: ", app.Said, StringComparison.Ordinal);
        Faultless.Assert(Leaks.Of(project.Secrets, [("what it said", app.Said)]));
    }

    private async Task ARefusedPasswordIsSaidAndNothingIsMadeAsync(List<(string From, string Text)> seen)
    {
        await using var app = project.Start(project.Env(project.ConnectionUri(OwnProject.WrongPassword)));
        await using var visitor = await ComeAsync(app);
        var look = new Look(visitor.Page);
        await Expect(visitor.Page.Locator(".error-card")).ToContainTextAsync("EA-DB-03");
        await Expect(visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
        await look.AtAsync("own-refused");
        Faultless.Assert(look.Faults);
        seen.AddRange(await visitor.ReceivedAsync());
        Assert.Equal(0, await app.TerminateAsync(Cancel));
        seen.Add(("the log of the refused start", app.Said));
        Assert.False(await SchemaIsThereAsync());
    }

    private async Task TheDatabaseIsConfirmedByNameAsync(IPage page, Look look)
    {
        await Expect(page.GetByText("Is this the right database?")).ToBeVisibleAsync();
        await look.AtAsync("own-confirm");
        Assert.False(await SchemaIsThereAsync());
        var name = page.GetByLabel("Type the database's name to confirm");
        await name.FillAsync("another");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the schema" }).ClickAsync();
        await Expect(page.Locator(".error-card")).ToContainTextAsync("This is not the database's name.");
        Assert.False(await SchemaIsThereAsync());
        await using (var database = project.Database.CreateCommand("select current_database()::text"))
            await name.FillAsync((string)(await database.ExecuteScalarAsync(Cancel))!);
        await name.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Overview");
    }

    private async Task AProposedTextIsConfirmedAsync(IPage page, string table, Look look)
    {
        await page.GotoAsync(new Uri(new Uri(page.Url), "/").ToString());
        await new TableCard(page, table).Link("Look at the proposal").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync($"Text of {table}");
        await Expect(page.Locator(".sample-rows > li")).ToHaveCountAsync(20);
        var sql = await TableFacts.OfAsync(project, table);
        var key = await page.Locator(".sample-row-head code").First.InnerTextAsync();
        var text = await sql.TextAsync(key);
        Assert.Equal(0, await page.Locator(".sample-rows pre").CountAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        await Expect(page.Locator(".sample-rows pre").First).ToBeVisibleAsync();
        if (text.Length > 0)
            Assert.Equal(text, await page.Locator(".sample-rows > li").First.Locator("pre").TextContentAsync());
        await look.AtAsync($"own-text-{table}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Version 1 is in force.")).ToBeVisibleAsync();
    }

    private async Task EveryTextGetsItsVectorAsync(Visitor visitor, string table)
    {
        await visitor.GoAsync("Overview");
        var card = new TableCard(visitor.Page, table);
        await Expect(card.Writer("Service key")).ToContainTextAsync("Can write");
        await Expect(card.Writer("Anonymous key")).ToContainTextAsync("Silently no");
        await card.Ask("Start backfill").ClickAsync();
        var panel = new StartPanel(visitor.Page);
        await Expect(panel.Fact("Text goes to")).ToHaveTextAsync(project.Provider.Address.Authority);
        await Expect(panel.Ask("Show")).ToBeVisibleAsync();
        await panel.Ask("Start").ClickAsync();
        await new RunPage(visitor.Page).IsAsync("Succeeded");
        var sql = await TableFacts.OfAsync(project, table);
        Assert.Equal(0, await sql.MissingAsync());
        Faultless.Assert(Oracle.Differences((await sql.RowsAsync()).Where(row => row.Text.Length > 0)));
    }

    private async Task ARowShowsTheTextThatWasSentAsync(IPage page, string table, Look look)
    {
        await page.GotoAsync(new Uri(new Uri(page.Url), $"/tables/{table}/rows?state=fresh").ToString());
        await Expect(page.Locator(".row-list tbody tr").First).ToContainTextAsync("private");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        await Expect(page.Locator(".row-list tbody tr").First).Not.ToContainTextAsync("private");
        var key = await page.Locator(".row-list tbody a").First.InnerTextAsync();
        await page.Locator(".row-list tbody a").First.ClickAsync();
        await Expect(page.Locator(".row-reason")).ToContainTextAsync("up to date");
        await Expect(page.Locator(".nearest li")).ToHaveCountAsync(5);
        Assert.Equal(0, await page.Locator(".row-text, .nearest-text").CountAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).First.ClickAsync();
        var text = await (await TableFacts.OfAsync(project, table)).TextAsync(key);
        await Expect(page.Locator(".row-text")).ToBeVisibleAsync();
        Assert.Equal(text, await page.Locator(".row-text").TextContentAsync());
        Assert.True(project.Provider.Counts.Seen(text) > 0, "The text on the row's page is not what the provider got.");
        await look.BrieflyAtAsync($"own-row-{table}");
    }

    private async Task<Visitor> ComeAsync(AppProcess app)
    {
        var visitor = await Visitor.ComeAsync(chrome);
        await visitor.Page.GotoAsync(await app.LinkAsync(Cancel));
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();
        return visitor;
    }

    private async Task<bool> SchemaIsThereAsync()
    {
        await using var look = project.Database.CreateCommand("select to_regnamespace('embedding_admin') is not null");
        return await look.ExecuteScalarAsync(Cancel) is true;
    }
}
