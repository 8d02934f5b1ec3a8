using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class LooksTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    [Fact]
    public async Task Every_page_in_every_state_is_accessible_and_fits_a_phone_in_light_and_in_dark()
    {
        await using var visitor = await Visitor.ComeAsync(chrome);
        var look = new Look(visitor.Page);
        var page = visitor.Page;
        var link = await demo.LinkAsync();
        var address = new Uri(link);
        await page.GotoAsync(new Uri(address, "/sign-in").ToString());
        await look.AtAsync("sign-in");

        await page.GotoAsync(link);
        foreach (var table in new[] { "stories", "profiles" })
        {
            var empty = new TableCard(page, table);
            await Expect(empty.Headline).ToHaveTextAsync("0 %");
            await Expect(empty.Writer("Anonymous key")).ToContainTextAsync("Silently no");
        }

        var card = new TableCard(page, "profiles");
        await card.Ask("Show me the original bug").ClickAsync();
        await Expect(card.OriginalBug).ToContainTextAsync("HTTP 204");
        await look.AtAsync("overview-empty");
        await visitor.GoAsync("Runs");
        await Expect(page.GetByText("No run yet")).ToBeVisibleAsync();
        await look.BrieflyAtAsync("runs-empty");
        await TheProviderIsProbedByTheKeyboardAsync(visitor, look);

        await visitor.GoAsync("Overview");
        await card.Ask("Start backfill").ClickAsync();
        var panel = new StartPanel(page);
        await Expect(panel.Sample).ToBeVisibleAsync();
        await look.AtAsync("start-panel", dialog: true);
        demo.Provider.Script.Hang = true;
        await panel.Ask("Start").ClickAsync();
        var run = new RunPage(page);
        await run.IsSeenToMoveAsync(demo.Provider, times: 3);
        await look.AtAsync("run-running");
        await visitor.GoAsync("Overview");
        await Expect(card.LastRun).ToContainTextAsync("Running");
        await look.AtAsync("overview-running");

        await card.LastRun.GetByRole(AriaRole.Link).ClickAsync();
        await run.Ask("Cancel").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alertdialog)).ToBeVisibleAsync();
        await look.BrieflyAtAsync("run-cancel", dialog: true);
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep it" }).ClickAsync();
        demo.Provider.Script.Latency = TimeSpan.FromSeconds(1);
        demo.Provider.Script.Hang = false;
        await run.Ask("Pause").ClickAsync();
        await run.IsAsync("Paused");
        await look.AtAsync("run-paused");

        demo.Provider.Script.Latency = TimeSpan.Zero;
        await run.Ask("Resume").ClickAsync();
        await run.IsAsync("Succeeded");
        await look.AtAsync("run-succeeded");
        await visitor.GoAsync("Overview");
        await Expect(card.Headline).ToHaveTextAsync("100 %");
        await look.AtAsync("overview-complete");
        await card.Ask("Verify").ClickAsync();
        await run.IsAsync("Succeeded");
        await look.BrieflyAtAsync("verify-succeeded");
        await visitor.GoAsync("Runs");
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await look.AtAsync("runs");
        Faultless.Assert(visitor.Faults);

        await page.GotoAsync(new Uri(address, "/runs/999").ToString());
        await Expect(page.GetByText("There is no run 999")).ToBeVisibleAsync();
        await look.BrieflyAtAsync("run-missing");
        await page.GotoAsync(new Uri(address, "/no-such-page").ToString());
        await Expect(page.Locator("h1")).ToBeVisibleAsync();
        await look.BrieflyAtAsync("page-missing");
        Faultless.Assert(look.Faults);
    }

    private async Task TheProviderIsProbedByTheKeyboardAsync(Visitor visitor, Look look)
    {
        var page = visitor.Page;
        await visitor.GoAsync("Providers");
        var card = page.Locator(".provider");
        var state = card.Locator(".probe-line .status-badge");
        await Expect(state).ToContainTextAsync("Never probed");
        await Expect(card).ToContainTextAsync($"The text of every row in scope is sent to {demo.Provider.Address.Authority}.");
        var sent = demo.Provider.Counts.Probes;

        var probe = card.GetByRole(AriaRole.Button, new() { Name = "Probe", Exact = true });
        for (var steps = 0; !await probe.EvaluateAsync<bool>("button => button === document.activeElement"); steps++)
        {
            Assert.True(steps < 40, "The button is not reached by Tab.");
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("Enter");
        await Expect(state).ToContainTextAsync("Answers");
        await Expect(card.Locator(".probe-said")).ToContainTextAsync("It answered. Asked for by");
        await Expect(probe).ToBeFocusedAsync();
        var taken = await PressUntilRefusedAsync(page);
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("was probed a moment ago. Nothing was sent. Try again in");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(ErrorCodes.ProbedTooOften);
        Assert.InRange(demo.Provider.Counts.Probes, sent + 1, sent + 1 + taken);
        await look.BrieflyAtAsync("providers-too-soon");

        // The answer is remembered, and what was said to one who came too soon is not.
        await visitor.GoAsync("Runs");
        await visitor.GoAsync("Providers");
        await Expect(state).ToContainTextAsync("Answers");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await look.AtAsync("providers");
    }

    // A press that comes more than five seconds after the one before is taken, and a busy machine may be that slow.
    private static async Task<int> PressUntilRefusedAsync(IPage page)
    {
        for (var taken = 0; ; taken++)
        {
            await page.Keyboard.PressAsync("Enter");
            try
            {
                await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync(new() { Timeout = 4_000 });
                return taken;
            }
            catch (PlaywrightException) when (taken < 20)
            {
                // Taken, or dropped because the one before was under way.
            }
        }
    }
}
