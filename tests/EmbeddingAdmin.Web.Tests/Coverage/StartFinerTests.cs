using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Time;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Tests.Runs;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

/// <summary>The finer choices, each by itself.</summary>
public sealed class StartFinerTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static readonly EmbeddingTable Stories = EmbeddingTable.Defaults[0];

    private readonly List<StartChoice> _chosen = [];

    [Fact]
    public async Task Failures_can_be_chosen_where_there_are_some_the_newest_run_first()
    {
        await using var screens = await Screens.OpenAsync(database);
        Assert.Equal(["By state", "Rows by key"], Ways(Open(screens, EmbeddingTable.Defaults[1], new())));
        await ListedRows.ListAsync(database.Database, RunKind.Backfill, ("1", "failed", "provider", "400", null));
        var newest = await ListedRows.ListAsync(database.Database, RunKind.Backfill, ("2", "failed", "provider", "400", null));

        var finer = Open(screens, Stories, new());
        finer.WaitForAssertion(() => Assert.Equal(["By state", "What failed in a run", "Rows by key"], Ways(finer)));
        await finer.FindAll(".finer-by input")[1].ChangeAsync(new() { Value = true });
        Assert.Equal((ChooseBy.Failures, (long?)newest.Id), (_chosen[^1].By, _chosen[^1].FailedIn));
        await finer.FindAll(".finer-by input")[2].ChangeAsync(new() { Value = true });
        Assert.Equal((ChooseBy.Keys, null), (_chosen[^1].By, _chosen[^1].FailedIn));
    }

    [Fact]
    public async Task A_run_that_was_asked_for_is_there_also_when_it_is_not_among_the_newest()
    {
        await using var screens = await Screens.OpenAsync(database);
        var listed = await ListedRows.ListAsync(database.Database, RunKind.Backfill, ("1", "failed", "provider", "400", null));

        var finer = Open(screens, Stories, StartChoice.Retry(4711, null));

        finer.WaitForAssertion(() => Assert.Equal("Run 4711", finer.FindAll("option")[^1].TextContent));
        Assert.True(finer.FindAll("option")[^1].HasAttribute("selected"));
        Assert.StartsWith($"Run {listed.Id} · 1 row", finer.FindAll("option")[0].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_run_is_another_choice_and_its_causes_are_others()
    {
        await using var screens = await Screens.OpenAsync(database);
        var choice = StartChoice.Retry(7, new(Writing.RowOutcome.Failed, "provider", "400"));
        var failures = screens.Render<StartFailures>(p => p.Add(f => f.Runs, [new(7, RunKind.Backfill, 3, Sample.Now), new(5, RunKind.Verify, 1, Sample.Now)]).Add(f => f.Choice, choice).Add(f => f.ChoiceChanged, _chosen.Add));

        await failures.Find("select").ChangeAsync(new() { Value = "7" });
        Assert.Empty(_chosen);
        await failures.Find("select").ChangeAsync(new() { Value = "5" });
        Assert.Equal(choice with { FailedIn = 5, FailedAs = null }, Assert.Single(_chosen));
    }

    [Fact]
    public async Task An_owner_is_asked_for_where_the_table_has_one_and_the_field_for_keys_ends_where_a_message_does()
    {
        await using var screens = await Screens.OpenAsync(database);
        Assert.Contains("Only of owner", Open(screens, Stories with { Owner = "user_id" }, new()).Markup, StringComparison.Ordinal);
        var finer = Open(screens, Stories with { Owner = null }, new() { By = ChooseBy.Keys });
        Assert.DoesNotContain("Only of owner", finer.Markup, StringComparison.Ordinal);
        Assert.Equal($"{StartChoice.MostTyped}", finer.Find("textarea").GetAttribute("maxlength"));
    }

    [Fact]
    public async Task A_state_that_was_not_computed_is_not_said_to_have_no_rows()
    {
        // As of a large table that no scan has examined.
        await using var screens = await Screens.OpenAsync(database, settings: ("Coverage:ExamineAtOnceUpTo", "0"));
        var states = screens.Render<StartStates>(p => p.Add(s => s.Table, Stories).Add(s => s.Choice, new()));
        states.WaitForAssertion(() => Assert.Equal(["4,960", .. Enumerable.Repeat("not counted", CoverageStates.Mendable.Count - 1)], states.FindAll(".numbers").Select(number => number.TextContent)));
    }

    [Fact]
    public async Task What_the_database_does_not_tell_is_said_where_it_is_missed()
    {
        await using var screens = await Screens.OpenAsync(database);
        var states = screens.Render<StartStates>(p => p.Add(s => s.Table, Stories with { Table = "tales" }).Add(s => s.Choice, new()));
        states.WaitForAssertion(() => Assert.Contains(ErrorCodes.TableMissing, states.Find(".fault-line").TextContent, StringComparison.Ordinal));

        await database.ExecuteAsync("alter table embedding_admin.row_result rename to row_result_kept");
        try
        {
            var finer = Open(screens, Stories, new());
            finer.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseFault, finer.Find(".fault-line").TextContent, StringComparison.Ordinal));
        }
        finally
        {
            await database.ExecuteAsync("alter table embedding_admin.row_result_kept rename to row_result");
        }
    }

    [Fact]
    public async Task A_word_that_is_being_typed_is_asked_for_after_400_ms_without_a_letter()
    {
        var clock = new FakeClock(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var screens = await Screens.OpenAsync(database, clock: clock);
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories").Add(s => s.Choice, new StartChoice { Quick = QuickChoice.Choose, By = ChooseBy.Keys, Keys = "1" }));
        panel.WaitForElement(".error-card, .facts");
        var before = clock.Timers;

        await panel.FindAll(".fields input")[^1].InputAsync(new() { Value = "1" });
        clock.Advance(TimeSpan.FromMilliseconds(399));
        Assert.Equal(before + 1, clock.Timers);
        await panel.FindAll(".fields input")[^1].InputAsync(new() { Value = "12" });
        clock.Advance(TimeSpan.FromMilliseconds(399));
        Assert.Equal(before + 1, clock.Timers);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(before, clock.Timers);
    }

    private IRenderedComponent<StartFiner> Open(Screens screens, EmbeddingTable table, StartChoice choice) => screens.Render<StartFiner>(p => p
        .Add(finer => finer.Table, table).Add(finer => finer.Choice, choice).Add(finer => finer.ChoiceChanged, _chosen.Add));

    private static IEnumerable<string> Ways(IRenderedComponent<StartFiner> finer) => finer.FindAll(".finer-by label").Select(label => label.TextContent.Trim());
}
