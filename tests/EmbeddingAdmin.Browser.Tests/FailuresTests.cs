using EmbeddingAdmin.Testing.Provider;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class FailuresTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    private const string Refused = "planted-refusal";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_failed_is_seen_by_cause_and_retried_until_every_text_has_its_vector()
    {
        demo.Provider.Script.Latency = TimeSpan.FromMilliseconds(5);
        var refusal = new ScriptedAnswer(400, """{"error":{"message":"'$.input' is invalid. Please check the API reference.","type":"invalid_request_error"}}""");
        demo.Provider.Script.Refuse(text => text.Contains(Refused, StringComparison.Ordinal), refusal);
        await ExecuteAsync(
            $"""
            with texts as (select id, row_number() over (order by id) as n from profiles where btrim(coalesce(bio, ''), E' \n\t') <> '')
            update profiles p set bio = case when t.n % 20 = 0 then p.bio || ' {Refused}' else repeat('word ', 20000) end from texts t where t.id = p.id and (t.n % 20 = 0 and t.n <= 1200 or t.n in (5, 7))
            """);
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var look = new Look(visitor.Page);
        var page = visitor.Page;
        var card = new TableCard(page, "profiles");

        await card.Ask("Start backfill").ClickAsync();
        var panel = new StartPanel(page);
        await Expect(panel.Sample).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Radio, new() { Name = "Choose …" }).CheckAsync();
        await Expect(page.Locator(".state-choices")).ToContainTextAsync("missing");
        await Expect(page.Locator(".state-choices .numbers").First).Not.ToBeEmptyAsync();
        await Expect(panel.Sample).ToBeVisibleAsync();
        await look.AtAsync("start-choose", dialog: true);
        await panel.Ask("Start").ClickAsync();
        var run = new RunPage(page);
        await run.IsAsync("Succeeded");
        var failed = run.Id;

        var failures = page.GetByRole(AriaRole.Region, new() { Name = "Failures" });
        await Expect(failures.GetByRole(AriaRole.Article)).ToHaveCountAsync(2);
        await Expect(failures).ToContainTextAsync("62 rows without a vector");
        await failures.GetByText("All 60 rows").ClickAsync();
        await Expect(failures.Locator("tbody tr")).ToHaveCountAsync(50);
        await look.AtAsync("run-failures");
        await failures.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(failures.Locator("tbody tr")).ToHaveCountAsync(10);
        var download = await page.RunAndWaitForDownloadAsync(() => failures.GetByRole(AriaRole.Link, new() { Name = "CSV" }).ClickAsync());
        Assert.Equal($"run-{failed}-failures.csv", download.SuggestedFilename);
        Assert.Equal(63, (await File.ReadAllLinesAsync(await download.PathAsync(), Cancel)).Length);

        // The provider takes one of the causes back, and somebody retries just that one.
        demo.Provider.Script.TakeAll();
        await failures.GetByRole(AriaRole.Button, new() { Name = "Retry these 60 rows: failed 400" }).ClickAsync();
        await Expect(panel.Fact("Rows in scope")).ToContainTextAsync("60");
        await Expect(panel.Sample).ToBeVisibleAsync();
        await look.BrieflyAtAsync("start-retry", dialog: true);
        await panel.Ask("Start").ClickAsync();
        await Expect(page.GetByText($"Retries the failures of run {failed}.")).ToBeVisibleAsync();
        await run.IsAsync("Succeeded");
        await Expect(run.Verdict).ToContainTextAsync("All 60 texts have their vector");
        var second = run.Id;
        await look.BrieflyAtAsync("run-retry");

        // The others are shortened, and all that is left of the first run's failures is retried.
        await ExecuteAsync("update profiles set bio = 'shorter' where length(bio) > 90000");
        await page.GetByRole(AriaRole.Link, new() { Name = $"run {failed}", Exact = true }).ClickAsync();
        await Expect(failures).ToContainTextAsync($"Retried by run {second}.");
        await failures.GetByRole(AriaRole.Button, new() { Name = "Retry these 62 rows", Exact = true }).ClickAsync();
        await Expect(panel.Fact("Rows in scope")).ToContainTextAsync("2 2 with text");
        await panel.Ask("Start").ClickAsync();
        await Expect(page.GetByText($"Retries the failures of run {failed}.")).ToBeVisibleAsync();
        await run.IsAsync("Succeeded");
        await Expect(run.Verdict).ToContainTextAsync("All 2 texts have their vector");
        Assert.NotEqual(second, run.Id);

        // What somebody spoils past the app is found by a verification and mended from there.
        await ExecuteAsync("update profiles set preference_embedding = null where id in (select id from profiles where preference_embedding is not null order by id limit 3)");
        await visitor.GoAsync("Overview");
        await card.Ask("Verify").ClickAsync();
        await run.IsAsync("Succeeded");
        var verification = run.Id;
        var report = page.GetByRole(AriaRole.Region, new() { Name = "Report" });
        await Expect(report).ToContainTextAsync("3 reverted");
        await look.BrieflyAtAsync("verify-report");
        await report.GetByRole(AriaRole.Button, new() { Name = "Fix these 3: reverted", Exact = true }).ClickAsync();
        await Expect(panel.Fact("Rows in scope")).ToContainTextAsync("3 3 with text");
        await panel.Ask("Start").ClickAsync();
        await Expect(page.Locator(".run-link")).ToBeVisibleAsync();
        await run.IsAsync("Succeeded");
        await Expect(run.Verdict).ToContainTextAsync("All 3 texts have their vector");
        var fix = run.Id;

        // The finding knows its fix, and a second verification finds nothing where the first one did.
        await page.GetByRole(AriaRole.Link, new() { Name = $"run {verification}", Exact = true }).First.ClickAsync();
        await Expect(report).ToContainTextAsync($"Fixed by run {fix}");
        await visitor.GoAsync("Overview");
        await card.Ask("Verify").ClickAsync();
        await run.IsAsync("Succeeded");
        await Expect(report).ToContainTextAsync($"No row reverted 3 fewer than in run {verification}");
        await look.BrieflyAtAsync("verify-clean");

        // On paper there is the report, and nothing to click.
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        foreach (var screenOnly in (ILocator[])[page.Locator(".app-header"), page.GetByText("Export JSON"), page.GetByRole(AriaRole.Button, new() { Name = "Print" })])
            await Expect(screenOnly).ToBeHiddenAsync();
        await Expect(report).ToBeVisibleAsync();
        await look.KeepAsync("verify-print");
        await page.EmulateMediaAsync(new() { Media = Media.Screen });

        // A few texts are embedded again, and the provider still makes the same vectors of them.
        await visitor.GoAsync("Overview");
        await card.Ask("Verify with a sample …").ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("unpriced");
        await look.BrieflyAtAsync("verify-sample", dialog: true);
        await dialog.GetByLabel("Rows to embed again").FillAsync("9");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await run.IsAsync("Succeeded");
        await Expect(report).ToContainTextAsync("No row drifted");
        await Expect(report).ToContainTextAsync("9 of the 9 texts asked for were embedded again");

        Faultless.Assert(visitor.Faults);
        Faultless.Assert(look.Faults);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = demo.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
