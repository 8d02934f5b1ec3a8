using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class CoverageTests(Chrome chrome, Fleet fleet) : IClassFixture<Fleet>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_operator_sees_what_was_edited_mends_it_and_sees_it_over_time()
    {
        await fleet.ReadyAsync();
        // Whatever the time is: the snapshots of this test are those of its runs.
        await fleet.UntilAsync(() => fleet.Database.ScalarAsync<bool>("select count(*) > 0 from embedding_admin.qrtz_triggers where trigger_group = 'coverage'", Cancel), "The hourly snapshot was never planned.");
        await fleet.Database.ExecuteAsync("update embedding_admin.qrtz_triggers set trigger_state = 'PAUSED' where trigger_group = 'coverage'; delete from embedding_admin.coverage_snapshot", Cancel);
        await using var visitor = await Visitor.SignInAsync(chrome, fleet, "Ada");
        var page = visitor.Page;
        var look = new Look(page);
        var run = new RunPage(page);
        var panel = new StartPanel(page);
        var card = new TableCard(page, Fleet.Table);
        var sql = await TableFacts.OfAsync(fleet);

        await card.Link($"Coverage of {Fleet.Table}").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync($"Coverage of {Fleet.Table}");
        await Expect(page.GetByText("The first snapshot is taken at the next full hour, or when a run has ended.")).ToBeVisibleAsync();
        await Expect(page.Locator(".months tbody tr").First).ToBeVisibleAsync();
        await card.ShowsAsync(sql);
        await look.BrieflyAtAsync("coverage-empty");

        await Suggestion("300 stories have text and no vector.").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(panel.Fact("Rows in scope")).ToContainTextAsync("300");
        await panel.Ask("Start").ClickAsync();
        await run.IsAsync("Succeeded");
        await IsKeptAsync(run: 1);

        await fleet.Database.ExecuteAsync("update stories set title = title || ', told anew' where id in (select id from stories order by id limit 12)", Cancel);
        // What an app that has been running for a while has in its history.
        await fleet.Database.ExecuteAsync(
            """
            insert into embedding_admin.coverage_snapshot (vector_column, at, run, total, embedded, fresh, stale_text, stale_config, unstamped, invalid, empty_source, missing)
            select c.id, now() - make_interval(hours => h), null, 300 - h / 24, 300 - h / 24 - h / 12, 300 - h / 24 - h / 12 - h / 20, h / 20, 0, 0, 0, 0, h / 12
              from embedding_admin.vector_column c, generate_series(2, 1440, 6) h where c.name = 'public.stories.embedding'
            """, Cancel);
        await page.GotoAsync(new Uri(fleet.Address, $"/tables/{Fleet.Table}/coverage").ToString());
        await Expect(page.Locator(".since-run")).ToContainTextAsync("12 stories were edited since run 1");
        await Suggestion("12 stories were edited since they were embedded.").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(panel.Fact("Rows in scope")).ToContainTextAsync("12 ");
        await Expect(page.GetByRole(AriaRole.Radio, new() { Name = "Choose" })).ToBeCheckedAsync();
        await Expect(page.GetByRole(AriaRole.Checkbox, new() { Name = "edited since" })).ToBeCheckedAsync();
        await look.BrieflyAtAsync("coverage-start", dialog: true);
        await panel.Ask("Start").ClickAsync();
        await run.IsAsync("Succeeded");
        // With it what is old is thinned.
        await IsKeptAsync(run: 2);
        await page.GotoAsync(new Uri(fleet.Address, $"/tables/{Fleet.Table}/coverage").ToString());

        await card.ShowsAsync(sql);
        await Expect(page.Locator(".rz-scatter-series circle")).ToHaveCountAsync(2);
        await Expect(page.Locator(".history-runs li").First).ToContainTextAsync("Run 2, 12 written");
        await Expect(Suggestion("Nothing was verified since run 2 wrote.")).ToBeVisibleAsync();
        await Expect(page.Locator(".suggestions > li")).ToHaveCountAsync(1);
        await Expect(page.Locator(".since-run")).ToHaveCountAsync(0);
        await look.AtAsync("coverage");

        await Range("7 days").FocusAsync();
        await page.Keyboard.PressAsync("Tab");
        await Expect(Range("30 days")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Uri(fleet.Address, $"/tables/{Fleet.Table}/coverage?range=30d").ToString());
        await Expect(Range("30 days")).ToHaveAttributeAsync("aria-current", "true");
        await Expect(Range("30 days")).ToBeFocusedAsync();
        await BeginsWithAsync("where at <= now() - interval '30 days' order by at desc");
        await page.ReloadAsync();
        await Expect(Range("30 days")).ToHaveAttributeAsync("aria-current", "true");
        await Range("all").ClickAsync();
        await BeginsWithAsync("order by at");
        await page.GetByText("The numbers as a table").ClickAsync();
        await look.BrieflyAtAsync("coverage-all");
        await page.Locator(".history-runs a").First.ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Run 2 · Backfill of stories");
        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);

        async Task BeginsWithAsync(string which)
        {
            var first = await fleet.Database.ScalarAsync<string>($"select format('%s of %s embedded', embedded, total) from embedding_admin.coverage_snapshot {which} limit 1", Cancel);
            await Expect(page.Locator($".history-chart[aria-label^='Rows of stories by state over time: {first} ']")).ToBeVisibleAsync();
        }

        ILocator Suggestion(string reason) => page.Locator(".suggestions > li").Filter(new() { HasText = reason });

        ILocator Range(string word) => page.GetByRole(AriaRole.Navigation, new() { Name = "Time shown" }).GetByRole(AriaRole.Link, new() { Name = word, Exact = true });

        Task IsKeptAsync(int run) => fleet.UntilAsync(
            () => fleet.Database.ScalarAsync<bool>($"select exists (select from embedding_admin.coverage_snapshot where run = {run})", Cancel), $"No snapshot was taken after run {run}.");
    }
}
