using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The story of the original bug: it is measured, explained, met by a run, mended and gone.</summary>
public sealed class AccessTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    private const string Trigger = "keep_old";

    private static readonly LocatorAssertionsToContainTextOptions WhateverCase = new() { IgnoreCase = true };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silence_is_measured_and_explained_and_a_run_that_meets_one_ends_verified_once_it_is_mended()
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var look = new Look(visitor.Page);
        await TheMatrixIsReadByTheKeyboardAloneAsync(visitor, "anon-sql", look);
        await IsTheOriginalBugAsync(visitor.Page, "stories");
        await look.AtAsync("why-anon");

        var run = await ARunIsBlockedOnItsWayAsync(visitor, look);
        await TheCauseIsMendedAndSeenToBeAsync(visitor.Page, run, look);
        await TheRunIsRetriedAsync(visitor.Page, run);
        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);
    }

    [Fact]
    public async Task The_anonymous_key_is_asked_through_the_API_and_its_silence_is_explained()
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var matrix = new AccessMatrix(visitor.Page);
        await visitor.GoAsync("Access");
        await matrix.SaysAsync("connection-sql", "Yes", "Yes", "Yes");
        await matrix.Answers("anon-api").First.ClickAsync();
        await Expect(matrix.Evidence).ToBeVisibleAsync();

        await matrix.SaysAsync("serviceRole-api", "Yes", "Yes", "Yes");
        await matrix.SaysAsync("anon-api", "Yes", "Silently no", "Silently no");
        await Expect(matrix.Verdict).ToContainTextAsync("the anonymous key silently cannot, which is right");
        await matrix.Answers("anon-api").Last.ClickAsync();
        await matrix.Evidence.GetByRole(AriaRole.Link, new() { Name = "Why?" }).ClickAsync();
        await IsTheOriginalBugAsync(visitor.Page, "stories");
        Faultless.Assert(visitor.Faults);
    }

    private static async Task TheMatrixIsReadByTheKeyboardAloneAsync(Visitor visitor, string who, Look look)
    {
        var page = visitor.Page;
        var matrix = new AccessMatrix(page);
        await matrix.TabToAsync(page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "Access" }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Access");
        await matrix.SaysAsync("connection-sql", "Yes", "Yes", "Yes");
        await matrix.SaysAsync(who, "Yes", "Silently no", "Silently no");
        await Expect(matrix.Verdict).ToContainTextAsync("This dashboard can write both tables; the anonymous key silently cannot, which is right.");
        await look.AtAsync("access");

        var cell = matrix.Answers(who).Nth(1);
        await matrix.TabToAsync(cell);
        await page.Keyboard.PressAsync("Enter");
        await Expect(matrix.Evidence).ToContainTextAsync("UPDATE 0, no error");
        await Expect(cell).ToHaveAttributeAsync("aria-expanded", "true");
        await look.AtAsync("access-evidence");
        await page.Keyboard.PressAsync("Escape");
        await Expect(matrix.Evidence).ToBeHiddenAsync();
        await Expect(cell).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await matrix.TabToAsync(matrix.Evidence.GetByRole(AriaRole.Button, new() { Name = "Close" }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(cell).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await matrix.TabToAsync(matrix.Evidence.GetByRole(AriaRole.Link, new() { Name = "Why?" }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Why did nothing change?");
    }

    // Here alone the words of a diagnosis matter: a policy to read by, none to change by, and the key that needs none.
    private static async Task IsTheOriginalBugAsync(IPage page, string table)
    {
        var why = new WhyPage(page);
        await Expect(why.Sentence).ToContainTextAsync(ErrorCodes.RowSecurity);
        await Expect(why.Sentence).ToContainTextAsync("row-level security", WhateverCase);
        await Expect(why.Sentence).ToContainTextAsync("update", WhateverCase);
        await Expect(why.Step("RowSecurity")).ToContainTextAsync("The cause");
        await Expect(why.Step("RowSecurity").Locator("details")).ToContainTextAsync($"{table} are readable by everyone", WhateverCase);
        await Expect(why.Cures.First).ToContainTextAsync("service", WhateverCase);
    }

    private async Task<long> ARunIsBlockedOnItsWayAsync(Visitor visitor, Look look)
    {
        var page = visitor.Page;
        await visitor.GoAsync("Overview");
        demo.Provider.Script.Hang = true;
        await new TableCard(page, "profiles").Ask("Start backfill").ClickAsync();
        await new StartPanel(page).Ask("Start").ClickAsync();
        var run = new RunPage(page);
        await run.IsSeenToMoveAsync(demo.Provider, times: 2);
        await ExecuteAsync(
            $"""
            create or replace function {Trigger}() returns trigger language plpgsql as $$ begin new.preference_embedding := old.preference_embedding; return new; end $$;
            create or replace trigger {Trigger} before update of preference_embedding on profiles for each row execute function {Trigger}()
            """);
        demo.Provider.Script.Latency = TimeSpan.Zero;
        demo.Provider.Script.Hang = false;
        await run.IsAsync("Errored");
        await Expect(run.Head).ToContainTextAsync(ErrorCodes.WriteSwallowed);
        await look.BrieflyAtAsync("run-blocked");
        var id = run.Id;
        await page.Locator(".run-why").GetByRole(AriaRole.Link, new() { Name = "Why did nothing change?" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Why did nothing change?");
        return id;
    }

    private async Task TheCauseIsMendedAndSeenToBeAsync(IPage page, long run, Look look)
    {
        var why = new WhyPage(page);
        await Expect(why.Sentence).ToContainTextAsync(Trigger);
        await Expect(why.Sentence).ToContainTextAsync(ErrorCodes.WriteSwallowed);
        await Expect(why.Step("Triggers")).ToContainTextAsync("The cause");
        await look.AtAsync("why-trigger");

        // What an operator pastes into the SQL editor.
        await ExecuteAsync(await why.Cures.Locator("pre").Filter(new() { HasText = Trigger }).First.InnerTextAsync());
        await why.ProbeAgain.ClickAsync();
        await Expect(why.Works).ToContainTextAsync("It works now.");
        await Expect(why.Before).ToContainTextAsync(Trigger);
        await Expect(why.Before.Locator(".status-badge")).ToContainTextAsync(["Yes", "Yes", "Silently no"]);
        await Expect(why.After.Locator(".status-badge")).ToContainTextAsync(["Yes", "Yes", "Yes"]);
        await look.AtAsync("why-works");
        await why.Works.GetByRole(AriaRole.Link, new() { Name = $"Go back to run {run}" }).ClickAsync();
    }

    private static async Task TheRunIsRetriedAsync(IPage page, long id)
    {
        var run = new RunPage(page);
        await Expect(page.Locator("h1")).ToContainTextAsync($"Run {id} ");
        await run.Ask("Retry").ClickAsync();
        await run.IsAsync("Succeeded");
        await Expect(run.Head).ToContainTextAsync("Verified");
        await Expect(page.Locator(".run-why")).ToHaveCountAsync(0);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = demo.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
