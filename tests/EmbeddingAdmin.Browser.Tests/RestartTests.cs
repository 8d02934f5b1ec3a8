using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class RestartTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_paused_run_is_found_as_it_was_left_after_a_restart_and_goes_on_from_there()
    {
        const string table = "profiles";
        demo.Provider.Script.Hang = true;
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        await new TableCard(visitor.Page, table).Ask("Start backfill").ClickAsync();
        await new StartPanel(visitor.Page).Ask("Start").ClickAsync();
        var run = new RunPage(visitor.Page);
        await run.IsSeenToMoveAsync(demo.Provider, times: 2);
        await run.Ask("Pause").ClickAsync();
        await run.IsAsync("Paused");
        var paused = await run.ProgressAsync();
        var (address, texts) = (new Uri(visitor.Page.Url), demo.Provider.Counts.Texts);
        await visitor.CloseAsync();

        await demo.StopAsync(Cancel);
        Assert.Empty(demo.Processes());
        await demo.StartAsync($"--urls={address.GetLeftPart(UriPartial.Authority)}");

        // Nobody signs in again: the session is a row, and the row is still there.
        await visitor.OpenAsync(address.ToString());
        run = new RunPage(visitor.Page);
        await run.IsAsync("Paused");
        await Expect(run.Bar).ToHaveAttributeAsync("aria-valuetext", paused);
        var sql = await TableFacts.OfAsync(demo, table);
        await run.FiguresAreTheLedgersAsync(sql);
        Assert.Equal(texts, demo.Provider.Counts.Texts);

        // Nothing more is watched on the way to the end.
        demo.Provider.Script.Latency = TimeSpan.FromMilliseconds(5);
        demo.Provider.Script.Hang = false;
        await run.Ask("Resume").ClickAsync();
        await run.IsAsync("Succeeded");
        await run.FiguresAreTheLedgersAsync(sql);
        Assert.Equal(0, await sql.MissingAsync());
        Assert.Equal(await sql.EmbeddedAsync(), await sql.LedgerAsync(run.Id, "written"));
        Faultless.Assert(visitor.Faults);
    }
}
