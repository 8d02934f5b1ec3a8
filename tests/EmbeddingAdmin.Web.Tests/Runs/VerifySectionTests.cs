using Bunit;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Runs;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class VerifySectionTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task Every_check_has_its_line_and_what_found_nothing_is_quiet()
    {
        await using var screens = await Screens.OpenAsync(database);
        var (run, page) = await ShowAsync(screens, ("1", "reverted", null, "EA-VER-02", null), ("2", "reverted", null, "EA-VER-02", null), ("3", "changed", null, "EA-VER-03", null), ("a/b?c", "failed", null, "EA-VER-05", "Row 9 has the same vector."));

        Assert.Equal(VerifyChecks.All.Select(check => Run.Name(check.Check)), page.FindAll(".report-checks > li").Select(line => line.GetAttribute("data-check")));
        Assert.Equal(["reverted", "textChanged", "equalVectors"], page.FindAll(".report-checks > li:has(.failure)").Select(line => line.GetAttribute("data-check")));
        Assert.Equal("No row missing", page.Find("[data-check=missing] span").TextContent.Trim());
        Assert.Equal("Drifted: not looked for", page.Find("[data-check=drift] span").TextContent);
        Assert.Equal("2 reverted EA-VER-02", page.Find("[data-check=reverted] h3").TextContent);
        Assert.Equal(["/tables/stories/rows/1", "/tables/stories/rows/2"], page.FindAll("[data-check=reverted] .quiet a").Select(link => link.GetAttribute("href")));
        foreach (var words in (string[])["A run wrote a vector and read it back", "keep it from the vector column"])
            Assert.Contains(words, page.Find("[data-check=reverted]").TextContent, StringComparison.Ordinal);
        Assert.Contains("4 rows not as claimed", page.Find(".failures-sum").TextContent, StringComparison.Ordinal);
        Assert.Equal([$"/runs/{run.Id}/report.json", $"/runs/{run.Id}/failures.csv"], page.FindAll(".report .card-links a").Select(link => link.GetAttribute("href")));
        Assert.Equal("Print", page.Find("[data-print]").TextContent);
        Assert.Contains("NaN and ∞ cannot be stored", page.Find(".report-notes").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fix_these_opens_the_start_over_exactly_the_rows_of_the_check()
    {
        await using var screens = await Screens.OpenAsync(database);
        var (run, page) = await ShowAsync(screens, ("1", "changed", null, "EA-VER-03", null), ("2", "changed", null, "EA-VER-04", null), ("3", "changed", null, "EA-VER-04", null));
        var dialogs = screens.Services.GetRequiredService<DialogService>();
        var opened = new TaskCompletionSource<StartChoice>();
        dialogs.OnOpen += (_, _, parameters, _) => opened.SetResult((StartChoice)parameters[nameof(StartPanel.Choice)]!);
        var button = page.Find("[data-check=otherSettings] button");
        Assert.Equal(("Fix these 2", "Fix these 2: from other settings"), (button.TextContent.Split('\n')[0].Replace("replay", "", StringComparison.Ordinal).Trim(), button.GetAttribute("aria-label")));

        var click = button.ClickAsync(new());

        Assert.Equal((run.Id, new FailureCause(Writing.RowOutcome.Changed, null, "EA-VER-04")), ((await opened.Task).FailedIn!.Value, (await opened.Task).FailedAs));
        await page.InvokeAsync(() => dialogs.Close(null));
        await click;
    }

    [Fact]
    public async Task It_is_compared_with_the_verification_before_and_names_what_fixed_it()
    {
        await using var screens = await Screens.OpenAsync(database);
        var before = await ListedRows.ListAsync(database.Database, RunKind.Verify, ("1", "changed", null, "EA-VER-03", null), ("9", "unverified", null, "EA-VER-06", "It is there."));
        await database.ExecuteAsync($"update embedding_admin.run set status = 'succeeded', verdict = 'notVerified' where id = {before.Id}");
        var run = await ListedRows.ListAsync(database.Database, RunKind.Verify, ("1", "changed", null, "EA-VER-03", null), ("2", "changed", null, "EA-VER-03", null), ("3", "reverted", null, "EA-VER-02", null));
        var fix = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        await database.ExecuteAsync($$$"""update embedding_admin.run set status = 'succeeded', plan = plan || '{"failedIn": {{{run.Id}}}, "failedAs": {"outcome": "changed", "code": "EA-VER-03"}}' where id = {{{fix.Id}}}""");

        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));
        page.WaitForElement(".report");

        Assert.Contains($"Compared with run {before.Id}", page.Find(".report").TextContent, StringComparison.Ordinal);
        Assert.Equal($"1 more than in run {before.Id}", page.Find("[data-check=textChanged] .numbers").TextContent);
        Assert.Equal($"none in run {before.Id}", page.Find("[data-check=reverted] .numbers").TextContent);
        Assert.Equal($"No row never stamped 1 fewer than in run {before.Id}", page.Find("[data-check=neverStamped] span").TextContent);
        Assert.Equal($"Fixed by run {fix.Id}.", page.Find("[data-check=textChanged] .report-fix").TextContent);
        Assert.Empty(page.FindAll("[data-check=reverted] .report-fix"));
    }

    private async Task<(Run Run, IRenderedComponent<RunPage> Page)> ShowAsync(Screens screens, params (string Key, string Outcome, string? Stage, string? Code, string? Message)[] rows)
    {
        // Nothing to compare with.
        await database.ExecuteAsync("update embedding_admin.run set status = 'cancelled' where status = 'succeeded'");
        var run = await ListedRows.ListAsync(database.Database, RunKind.Verify, rows);
        // The plan of these runs is the local provider's, which is not looked at for equal vectors.
        await database.ExecuteAsync($$"""update embedding_admin.run set plan = plan || '{"provider": "openai"}' where id = {{run.Id}}""");
        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));
        page.WaitForElement(".report");
        return (run, page);
    }
}
