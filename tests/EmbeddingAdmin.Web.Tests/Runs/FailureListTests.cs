using Bunit;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class FailureListTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task Failures_stand_by_cause_the_most_frequent_first_with_share_example_and_cure()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill,
        [
            .. Enumerable.Range(0, 120).Select(n => ($"key-{n:000}", "failed", (string?)"database", (string?)"23514", (string?)"A check refuses it.")),
            ("long", "tooLong", "provider", null, "It has 40,000 bytes."), ("gone", "deleted", null, null, null), ("empty", "emptySource", null, null, null),
        ]);
        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));
        page.WaitForElement(".failures");

        Assert.Equal(["120 failed by the database 23514", "1 too long by the provider"], page.FindAll(".failure h3").Select(head => string.Join(' ', head.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));
        foreach (var part in (string[])["121 rows without a vector", "The row breaks a check of its own table", "Mend the row so that the check holds", "key-000", "A check refuses it.", "Shorten the text"])
            Assert.Contains(part, page.Find(".failures").TextContent, StringComparison.Ordinal);
        Assert.Equal("/tables/stories/rows/key-000", page.Find(".failure .quiet a").GetAttribute("href"));
        Assert.Equal($"/runs/{run.Id}/failures.csv", page.Find(".failures .card-link").GetAttribute("href"));
        Assert.Equal(["Retry these 121 rows", "Retry these 120", "Retry these 1"], page.FindAll(".failures .rz-button-text").Select(text => text.TextContent));
        Assert.Contains("1 deleted meanwhile", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("deleted", page.Find(".failures").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_opens_to_its_rows_a_page_at_a_time_and_back()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill, [.. Enumerable.Range(0, 120).Select(n => ($"key-{n:000}", "failed", (string?)"provider", (string?)"400", (string?)null))]);
        var rows = screens.Render<FailureRows>(p => p.Add(r => r.Run, run).Add(r => r.Group, new FailureGroup(new(Writing.RowOutcome.Failed, "provider", "400"), true, 120, new("key-000", new(Writing.RowOutcome.Failed), 1, null, Sample.Now), 1)));
        Assert.Empty(rows.FindAll("tbody tr"));

        await rows.Find("details").TriggerEventAsync("ontoggle", EventArgs.Empty);
        rows.WaitForElement("tbody tr");
        Assert.Equal(("key-000", "key-049"), Ends(rows));
        Assert.True(rows.FindAll(".pager button")[0].HasAttribute("disabled"));
        await rows.FindAll(".pager button")[1].ClickAsync(new());
        await rows.FindAll(".pager button")[1].ClickAsync(new());
        Assert.Equal(("key-100", "key-119"), Ends(rows));
        Assert.True(rows.FindAll(".pager button")[1].HasAttribute("disabled"));
        await rows.FindAll(".pager button")[0].ClickAsync(new());
        Assert.Equal(("key-050", "key-099"), Ends(rows));
    }

    [Fact]
    public async Task A_verification_says_what_differs_and_how_it_is_mended()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await ListedRows.ListAsync(database.Database, RunKind.Verify, ("1", "notAttempted", null, null, null), ("2", "reverted", null, null, null), ("3", "unverified", null, null, "Nobody claims it."));
        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));
        page.WaitForElement(".report");

        // Also of a run from before each check had a code of its own.
        foreach (var part in (string[])["3 rows not as claimed", "1 missing", "1 reverted", "1 never stamped", "a backfill over these rows writes the vectors again"])
            Assert.Contains(part, page.Find(".report").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("#failures-title"));
    }

    [Fact]
    public async Task A_run_and_the_runs_that_retried_it_name_each_other()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill, ("1", "failed", "provider", "400", null));
        var retry = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        await database.ExecuteAsync($"update embedding_admin.run set plan = plan || '{{\"failedIn\": {run.Id}}}' where id = {retry.Id}");

        var first = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));
        first.WaitForElement(".failures");
        Assert.Equal($"/runs/{retry.Id}", first.Find(".failures > .quiet a").GetAttribute("href"));
        Assert.Contains($"Retried by run {retry.Id}.", first.Find(".failures").TextContent, StringComparison.Ordinal);
        var second = screens.Render<RunPage>(p => p.Add(r => r.Id, retry.Id));
        Assert.Equal($"/runs/{run.Id}", second.WaitForElement(".run-link a").GetAttribute("href"));
        Assert.Contains($"failed in run {run.Id}", second.WaitForElement(".facts").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_without_a_sentence_of_its_own_still_has_a_meaning_and_a_cure()
    {
        foreach (var kind in Enum.GetValues<RunKind>())
        {
            foreach (var outcome in Enum.GetValues<Writing.RowOutcome>())
            {
                foreach (var (stage, code) in new (string?, string?)[] { (null, null), ("database", "23999"), ("database", "22P02"), ("database", "99999"), ("provider", "418"), ("provider", "529"), ("provider", "EA-PRV-99"), ("database", "X") })
                {
                    var word = FailureWords.Of(kind, new(outcome, stage, code));
                    Assert.True(word.Meaning.EndsWith('.') && word.Cure.EndsWith('.'), $"{kind} {outcome} {stage} {code}");
                }
            }
        }

        Assert.Contains("lock", FailureWords.Of(RunKind.Backfill, new(Writing.RowOutcome.Failed, "database", "55P03")).Meaning, StringComparison.Ordinal);
        Assert.Contains("constraint", FailureWords.Of(RunKind.Backfill, new(Writing.RowOutcome.Failed, "database", "23P01")).Meaning, StringComparison.Ordinal);
        Assert.Contains("fails", FailureWords.Of(RunKind.Backfill, new(Writing.RowOutcome.Failed, "provider", "503")).Meaning, StringComparison.Ordinal);
    }

    private static (string?, string?) Ends(IRenderedComponent<FailureRows> rows) => (rows.FindAll("tbody a")[0].TextContent.Trim(), rows.FindAll("tbody a")[^1].TextContent.Trim());
}
