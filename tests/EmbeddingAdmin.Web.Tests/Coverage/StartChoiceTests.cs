using AngleSharp.Dom;
using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Tests.Runs;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class StartChoiceTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task The_third_choice_shows_every_state_with_its_rows_and_counts_the_combination()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = await ChooseAsync(screens);
        panel.WaitForAssertion(() => Assert.Equal(["missing 4,960", "edited since 0", "from other settings 0", "of unknown origin 0", "unusable 0"], panel.FindAll(".state-choices label").Select(Words)));
        Counts(panel, "5,000");

        await TickAsync(panel, 1, true);
        Counts(panel, "5,000");
        await TickAsync(panel, 0, false);
        Counts(panel, "0");
        Assert.True(Start(panel).HasAttribute("disabled"));
        await TickAsync(panel, 1, false);
        Assert.Contains("Choose at least one kind of rows.", panel.Find(".start-preview").TextContent, StringComparison.Ordinal);
        Assert.True(Start(panel).HasAttribute("disabled"));
    }

    [Fact]
    public async Task What_is_typed_narrows_the_scope_when_no_letter_comes_for_a_moment()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = await ChooseAsync(screens);
        Counts(panel, "5,000");

        await Field(panel, "First").InputAsync(new() { Value = "1" });
        Assert.Empty(panel.FindAll(".facts"));
        Assert.True(Start(panel).HasAttribute("disabled"));
        await Field(panel, "First").InputAsync(new() { Value = "17" });
        Counts(panel, "17");
        await Field(panel, "First").InputAsync(new() { Value = "none" });
        panel.WaitForAssertion(() => Assert.Contains("First takes a whole number", panel.Find(".start-preview").TextContent, StringComparison.Ordinal));
        await Field(panel, "First").InputAsync(new() { Value = "" });
        var owner = await database.Database.ScalarAsync<string>("select user_id::text from stories group by user_id order by count(*) desc, 1 limit 1", TestContext.Current.CancellationToken);
        var rows = await database.CountAsync($"stories where user_id = '{owner}'");
        await Field(panel, "Only of owner").InputAsync(new() { Value = owner });
        Counts(panel, $"{rows:N0}");
        await Field(panel, "Only of owner").InputAsync(new() { Value = "not-a-uuid" });
        panel.WaitForAssertion(() => Assert.Contains(ErrorCodes.RowOwner, panel.Find(".error-card").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_asked_for_is_what_was_chosen_and_nothing_else()
    {
        var cause = new FailureCause(Writing.RowOutcome.Failed, "provider", "400");
        var all = new StartChoice { States = [CoverageState.StaleText, CoverageState.Unstamped], FailedIn = 7, FailedAs = cause, Keys = "a, b", Owner = "Ada", First = " 1,000 " };

        var missing = (all with { Quick = QuickChoice.Missing }).Request("stories");
        Assert.Equal([CoverageState.Missing], missing.Scope);
        Assert.Equal((null, null, null, null), (missing.Owner, missing.Limit, missing.FailedIn, missing.Keys));
        Assert.Equal(CoverageStates.Mendable, (all with { Quick = QuickChoice.OutOfDate }).Request("stories").Scope);

        var chosen = all with { Quick = QuickChoice.Choose };
        var states = chosen.Request("stories");
        Assert.Equal([CoverageState.StaleText, CoverageState.Unstamped], states.Scope);
        Assert.Equal(("Ada", 1000L, null, null), (states.Owner, states.Limit, states.FailedIn, states.Keys));
        var failures = (chosen with { By = ChooseBy.Failures }).Request("stories");
        Assert.Equal((7L, cause, null, "Ada", 1000L), (failures.FailedIn, failures.FailedAs, failures.Keys, failures.Owner, failures.Limit));
        var keys = (chosen with { By = ChooseBy.Keys, Owner = "", First = "" }).Request("stories");
        Assert.Equal(["a", "b"], keys.Keys);
        Assert.Equal((null, null, null), (keys.FailedIn, keys.Owner, keys.Limit));
    }

    [Fact]
    public void What_cannot_be_asked_for_yet_says_what_is_missing()
    {
        var choice = new StartChoice { Quick = QuickChoice.Choose };
        Assert.Null(choice.Missing);
        Assert.Equal("Choose at least one kind of rows.", (choice with { States = [] }).Missing);
        Assert.Equal("Choose a run.", (choice with { By = ChooseBy.Failures }).Missing);
        Assert.Equal("Name at least one key.", (choice with { By = ChooseBy.Keys, Keys = " , \n" }).Missing);
        foreach (var none in (string[])["0", "-1", "1.5", "many", "1e3"])
            Assert.Equal("First takes a whole number, 1 or more.", (choice with { First = none }).Missing);
        // The quick choices need nothing of what stands in the fields of the third.
        Assert.Null((choice with { Quick = QuickChoice.OutOfDate, States = [], First = "many" }).Missing);
    }

    [Fact]
    public void A_list_of_keys_that_fills_the_field_is_not_taken_for_the_whole_list()
    {
        var choice = new StartChoice { Quick = QuickChoice.Choose, By = ChooseBy.Keys, Keys = new string('1', StartChoice.MostTyped - 1) };
        Assert.Null(choice.Missing);
        Assert.StartsWith("The field is full", (choice with { Keys = $"{choice.Keys}1" }).Missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_chosen_by_key_and_a_malformed_key_is_named()
    {
        await using var screens = await Screens.OpenAsync(database);
        var keys = await database.Database.ScalarAsync<string[]>("select array_agg(id::text) from (select id from stories order by id limit 3) s", TestContext.Current.CancellationToken);
        var panel = await ChooseAsync(screens);
        await panel.FindAll(".finer-by input")[^1].ChangeAsync(new() { Value = true });
        Assert.Contains("Name at least one key.", panel.Find(".start-preview").TextContent, StringComparison.Ordinal);

        await panel.Find("textarea").ChangeAsync(new() { Value = $"{keys![0]}, {keys[1]}\n\n \"{keys[2]}\"\r\n{keys[0]}" });
        Counts(panel, "3");
        await panel.Find("textarea").ChangeAsync(new() { Value = $"{keys[0]}\n=evil" });
        panel.WaitForAssertion(() => Assert.Contains("=evil", panel.Find(".error-card").TextContent, StringComparison.Ordinal));
        Assert.True(Start(panel).HasAttribute("disabled"));
    }

    [Fact]
    public async Task A_retry_opens_prepared_and_another_run_or_all_causes_can_be_chosen_in_its_place()
    {
        await using var screens = await Screens.OpenAsync(database);
        var keys = await database.Database.ScalarAsync<string[]>("select array_agg(id::text) from (select id from stories where content <> '' order by id limit 5) s", TestContext.Current.CancellationToken);
        var older = await ListedRows.ListAsync(database.Database, RunKind.Verify, (keys![0], "reverted", null, null, null));
        var newer = await ListedRows.ListAsync(database.Database, RunKind.Backfill, (keys[1], "failed", "provider", "400", null), (keys[2], "failed", "provider", "400", null), (keys[3], "tooLong", "provider", null, null), (keys[4], "deleted", null, null, null));

        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories").Add(s => s.Choice, StartChoice.Retry(newer.Id, new(Writing.RowOutcome.Failed, "provider", "400"))));
        Counts(panel, "2");
        Assert.Equal([$"Run {newer.Id} · 3 rows · backfill", $"Run {older.Id} · 1 row · verification"], panel.WaitForElements("option").Select(option => option.TextContent.Split(" that ended")[0]));
        Assert.Contains("failed 400", Words(panel.Find(".finer-cause")), StringComparison.Ordinal);

        await panel.Find(".finer-cause button").ClickAsync(new());
        Counts(panel, "3");
        await panel.Find("select").ChangeAsync(new() { Value = $"{older.Id}" });
        Counts(panel, "1");
    }

    [Fact]
    public async Task What_was_not_counted_is_not_started()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = await ChooseAsync(screens);
        Counts(panel, "5,000");
        var start = Start(panel);
        var runs = await database.CountAsync("embedding_admin.run");

        await Field(panel, "First").InputAsync(new() { Value = "3" });
        // The click was on its way when the choice changed.
        await panel.InvokeAsync(() => start.ClickAsync(new()));

        Assert.Equal(runs, await database.CountAsync("embedding_admin.run"));
        Counts(panel, "3");
    }

    private static async Task<IRenderedComponent<StartPanel>> ChooseAsync(Screens screens)
    {
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
        await panel.FindAll(".choices input")[2].ChangeAsync(new() { Value = true });
        return panel;
    }

    // The runs with failures and the rows of each state come when they come, and what was found before a render is not there after it.
    private static Task TickAsync(IRenderedComponent<StartPanel> panel, int state, bool ticked) =>
        panel.InvokeAsync(() => panel.FindAll(".state-choices input")[state].ChangeAsync(new() { Value = ticked }));

    private static void Counts(IRenderedComponent<StartPanel> panel, string rows) =>
        panel.WaitForAssertion(() => Assert.Equal(rows, panel.Find(".facts dd").ChildNodes[0].TextContent.Trim()));

    private static IElement Start(IRenderedComponent<StartPanel> panel) => panel.FindAll(".panel-buttons button")[1];

    private static IElement Field(IRenderedComponent<StartPanel> panel, string label) => panel.FindAll(".field").Single(field => field.TextContent.Trim().StartsWith(label, StringComparison.Ordinal)).QuerySelector("input")!;

    private static string Words(IElement element) => string.Join(' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
