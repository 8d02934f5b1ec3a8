using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>Rows that cannot be embedded: the run goes on without them, says why by cause, and another one takes up exactly them.</summary>
public sealed class RefusedRowsTests(Chrome chrome, Fleet fleet) : IClassFixture<Fleet>
{
    private const string Refused = "(this text is refused)";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_that_fail_are_listed_by_cause_and_retried_once_the_causes_are_mended()
    {
        await fleet.ReadyAsync();
        await fleet.Database.ExecuteAsync(
            $"""
            update {Fleet.Table} set content = content || ' {Refused}' where id in (select id from {Fleet.Table} order by id limit 5 offset 40);
            create function keep_title() returns trigger language plpgsql as $$ begin raise check_violation using message = 'the archive is closed'; end $$;
            do $do$ begin execute format('create trigger keep_title before update of embedding on {Fleet.Table} for each row when (old.id = %L) execute function keep_title()',
              (select id from {Fleet.Table} order by id limit 1 offset 150)); end $do$
            """, Cancel);
        fleet.Provider.Script.Refuse(
            text => text.Contains(Refused, StringComparison.Ordinal), new(400, """{"error":{"message":"The text was flagged.","type":"invalid_request_error"}}"""));
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await desk.StartAsync(agreed: "The trigger keep_title will fire up to 300 times");

        await desk.ShowsAsync(RunStatus.Succeeded, "Finished with failures", "294 of 300 texts have their vector", "6 have not: 6 failed");
        var (first, page) = (desk.Run.Id, desk.Page);
        var causes = page.Locator(".failure");
        await Expect(causes).ToHaveCountAsync(2);
        await Expect(causes.Nth(0)).ToContainTextAsync("5 failed");
        await Expect(causes.Nth(0)).ToContainTextAsync("400");
        await Expect(causes.Nth(1)).ToContainTextAsync("1 failed");
        await Expect(causes.Nth(1)).ToContainTextAsync("23514");
        await causes.Nth(0).Locator("summary").ClickAsync();
        await Expect(causes.Nth(0).Locator("tbody tr")).ToHaveCountAsync(5);
        await desk.Look.KeepAsync("failures");
        await desk.Look.KeepAsync("failures", width: 360);
        await desk.Look.KeepAsync("failures", scheme: ColorScheme.Dark);
        await desk.Look.JudgeAsync("failures");
        await page.GetByText("Looked at before the run was made").ClickAsync();
        await Expect(page.Locator(".preflight li")).ToHaveCountAsync(11);
        await Expect(page.Locator(".preflight")).ToContainTextAsync("The trigger keep_title will fire up to 300 times");
        await desk.Look.KeepAsync("preflight");
        await desk.Look.KeepAsync("preflight", width: 360);
        var list = await page.APIRequest.GetAsync(new Uri(fleet.Address, $"/runs/{first}/failures.csv").ToString());
        Assert.Equal(1 + 6, (await list.TextAsync()).Trim().Split('\n').Length);

        fleet.Provider.Script.TakeAll();
        await fleet.Database.ExecuteAsync($"drop trigger keep_title on {Fleet.Table}; drop function keep_title()", Cancel);
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry these 6 rows", Exact = true }).ClickAsync();
        await Expect(new StartPanel(page).Ask("Start")).ToBeEnabledAsync();
        await desk.Look.KeepAsync("failures-retry", dialog: true);
        await new StartPanel(page).Ask("Start").ClickAsync();
        await Expect(page.Locator("h1")).Not.ToContainTextAsync($"Run {first} ");
        await desk.EndsVerifiedAsync();
        await Expect(desk.Run.Verdict).ToHaveTextAsync("All 6 texts have their vector, read back after the commit.");
        var second = desk.Run.Id;
        await desk.LookAtAsync(first);
        await Expect(page.GetByText($"Retried by run {second}")).ToBeVisibleAsync();
        desk.IsFaultless();
    }
}
