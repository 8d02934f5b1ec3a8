using System.Text.RegularExpressions;
using EmbeddingAdmin.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class StoryTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("stories")]
    [InlineData("profiles")]
    public async Task A_stranger_signs_in_and_sees_a_backfill_go_from_nothing_to_all_and_every_figure_is_what_SQL_says(string table)
    {
        demo.Provider.Script.Latency = TimeSpan.FromMilliseconds(200);
        demo.Provider.Script.Hang = true;
        await using var stranger = await Visitor.SignInAsync(chrome, demo);
        await using var colleague = await Visitor.SignInAsync(chrome, demo);
        var sql = await TableFacts.OfAsync(demo, table);

        await NothingIsEmbeddedAsync(stranger.Page, table, sql);
        await WhoCanWriteIsMeasuredAsync(new TableCard(stranger.Page, table));
        await TheOriginalBugIsShownAsync(new TableCard(stranger.Page, table), sql);

        var run = await ABackfillIsStartedAsync(stranger.Page, table, sql);
        await colleague.Page.GotoAsync(stranger.Page.Url);
        var watched = new RunPage(colleague.Page);
        await run.IsSeenToMoveAsync(demo.Provider, times: 4);
        await watched.IsSeenToMoveAsync(demo.Provider, times: 1);

        await run.Ask("Pause").ClickAsync();
        await run.IsAsync("Paused");
        await watched.IsAsync("Paused");
        var paused = await run.ProgressAsync();
        await Expect(watched.Bar).ToHaveAttributeAsync("aria-valuetext", paused);
        await run.FiguresAreTheLedgersAsync(sql);
        await watched.FiguresAreTheLedgersAsync(sql);

        await stranger.Page.ReloadAsync();
        await run.IsAsync("Paused");
        await Expect(run.Bar).ToHaveAttributeAsync("aria-valuetext", paused);

        await run.Ask("Resume").ClickAsync();
        await run.IsAsync("Running");
        demo.Provider.Script.Hang = false;
        var address = stranger.Page.Url;
        var answered = demo.Provider.Counts.Answered;
        await stranger.CloseAsync();
        await demo.Provider.Counts.WhenAsync(counts => counts.Answered >= answered + 5, Cancel);
        await stranger.OpenAsync(address);
        run = new RunPage(stranger.Page);
        await Expect(run.Bar).ToBeVisibleAsync();
        await Expect(run.Bar).Not.ToHaveAttributeAsync("aria-valuetext", paused);
        // Nothing more is watched on the way to the end.
        demo.Provider.Script.Latency = TimeSpan.FromMilliseconds(20);
        await run.IsAsync("Succeeded");

        await EveryRowThatHasTextIsEmbeddedAsync(run, sql);
        await stranger.GoAsync("Overview");
        await TheOverviewSaysSoAsync(stranger.Page, table, sql);
        await AVerificationAgreesAsync(stranger.Page, table, sql);

        Faultless.Assert(stranger.Faults.Concat(colleague.Faults));
        Faultless.Assert(Leaks.Of(demo, (await stranger.ReceivedAsync()).Concat(await colleague.ReceivedAsync())));
    }

    private static async Task NothingIsEmbeddedAsync(IPage page, string table, TableFacts sql)
    {
        Assert.Equal(0, await sql.EmbeddedAsync());
        var card = new TableCard(page, table);
        await card.ShowsAsync(sql);
        await Expect(card.Headline).ToHaveTextAsync("0 %");
    }

    private static async Task WhoCanWriteIsMeasuredAsync(TableCard card)
    {
        await Expect(card.Writer("Database role")).ToContainTextAsync("Can write");
        await Expect(card.Writer("Service key")).ToContainTextAsync("Can write");
        await Expect(card.Writer("Anonymous key")).ToContainTextAsync("Silently no");
    }

    private static async Task TheOriginalBugIsShownAsync(TableCard card, TableFacts sql)
    {
        await card.Ask("Show me the original bug").ClickAsync();
        await Expect(card.OriginalBug).ToContainTextAsync("HTTP 204");
        await Expect(card.OriginalBug).ToContainTextAsync("Read again over the database, the row is unchanged.");
        Assert.True(await sql.IsEmptyAsync(await card.OriginalBug.Locator("code").First.InnerTextAsync()));
    }

    private async Task<RunPage> ABackfillIsStartedAsync(IPage page, string table, TableFacts sql)
    {
        await new TableCard(page, table).Ask("Start backfill").ClickAsync();
        var panel = new StartPanel(page);
        await Expect(panel.Fact("Rows in scope")).ToContainTextAsync($"{await sql.TotalAsync():N0} {await sql.MissingAsync():N0} with text, {await sql.NothingToEmbedAsync():N0} with nothing to embed");
        await Expect(panel.Fact("Provider")).ToContainTextAsync("openai text-embedding-3-small, 1,536 dimensions");
        await Expect(panel.Fact("Text goes to")).ToHaveTextAsync(demo.Provider.Address.Authority);
        await Expect(panel.Fact("Tokens")).ToContainTextAsync($"about {(await sql.TextBytesAsync() + 3) / 4:N0} ");
        await Expect(panel.Fact("Time")).ToContainTextAsync("s from ");
        var text = await sql.TextAsync(await panel.SampleKey.InnerTextAsync());
        Assert.Equal(text, await panel.Sample.TextContentAsync());

        Assert.Equal(0, demo.Provider.Counts.Seen(text));
        await panel.Ask("Start").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync(new Regex($"^Run [0-9]+ · Backfill of {table}$", RegexOptions.None, TimeSpan.FromSeconds(1)));
        return new RunPage(page);
    }

    private static async Task EveryRowThatHasTextIsEmbeddedAsync(RunPage run, TableFacts sql)
    {
        Assert.Equal(0, await sql.MissingAsync());
        await run.FiguresAreTheLedgersAsync(sql);
        Assert.Equal(await sql.EmbeddedAsync(), await sql.LedgerAsync(run.Id, "written"));
        await Expect(run.Verdict).ToHaveTextAsync($"All {await sql.EmbeddedAsync():N0} texts have their vector, read back after the commit; {await sql.NothingToEmbedAsync():N0} rows have nothing to embed.");

        var rows = await sql.RowsAsync();
        Faultless.Assert(Oracle.Differences(rows.Where(row => row.Text.Length > 0)));
        Assert.All(rows, row => Assert.True(row.Text.Length > 0 || row.Vector is null, $"Row {row.Key} has a vector and no text."));
    }

    private static async Task TheOverviewSaysSoAsync(IPage page, string table, TableFacts sql)
    {
        var card = new TableCard(page, table);
        await card.ShowsAsync(sql);
        await Expect(card.Headline).ToHaveTextAsync("100 %");
        await Expect(card.LastRun).ToContainTextAsync("Succeeded");
    }

    private static async Task AVerificationAgreesAsync(IPage page, string table, TableFacts sql)
    {
        await new TableCard(page, table).Ask("Verify").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync(new Regex($"^Run [0-9]+ · Verification of {table}$", RegexOptions.None, TimeSpan.FromSeconds(1)));
        var run = new RunPage(page);
        await run.IsAsync("Succeeded");
        await Expect(run.Verdict).ToHaveTextAsync($"All {await sql.EmbeddedAsync():N0} texts have their vector: made from the text of now, unchanged since it was written, and whole; {await sql.NothingToEmbedAsync():N0} rows have nothing to embed.");
    }
}
