using AngleSharp.Dom;
using Bunit;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Radzen;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

/// <summary>The start panel from its first choice to its end.</summary>
public sealed class StartDialogTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static readonly Actor Other = new("Ben", "terminal");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_two_choices_take_what_is_missing_and_what_is_out_of_date_as_well()
    {
        await database.ExecuteAsync("update stories set embedding = array_fill(0.1, array[1536])::extensions.vector where id = (select id from stories where content <> '' order by id limit 1)");
        await using var screens = await Screens.OpenAsync(database);
        var panel = Open(screens);
        Counts(panel, "4,999");
        Assert.Equal([true, false, false], Checked(panel));

        await panel.FindAll(".choices input")[1].ChangeAsync(new() { Value = true });
        Counts(panel, "5,000");
        Assert.Equal([false, true, false], Checked(panel));
        await panel.FindAll(".choices input")[0].ChangeAsync(new() { Value = true });
        Counts(panel, "4,999");
        await database.ExecuteAsync("update stories set embedding = null");
    }

    [Fact]
    public async Task It_closes_with_the_run_that_it_started_and_with_nothing_when_it_is_cancelled()
    {
        await using var screens = await Screens.OpenAsync(database);
        var dialogs = screens.Services.GetRequiredService<DialogService>();
        var panel = Open(screens);
        panel.WaitForElement(".facts");

        var cancelled = dialogs.OpenAsync<StartPanel>("Start");
        await panel.FindAll(".panel-buttons button")[0].ClickAsync(new());
        Assert.Null(await cancelled);
        Assert.Equal(0, await database.CountAsync("embedding_admin.run where status = 'enqueued'"));

        var started = dialogs.OpenAsync<StartPanel>("Start");
        await Start(panel).ClickAsync(new());
        Assert.Equal((object)await database.Database.ScalarAsync<long>("select id from embedding_admin.run where status = 'enqueued'", Cancel), await started);
        await database.ExecuteAsync("update embedding_admin.run set status = 'cancelled'");
    }

    [Fact]
    public async Task A_start_that_is_refused_says_why_and_may_be_asked_for_again()
    {
        await using var screens = await Screens.OpenAsync(database);
        var control = screens.Services.GetRequiredService<RunControl>();
        var panel = Open(screens);
        panel.WaitForElement(".facts");
        var holder = await control.StartAsync(new(RunKind.Backfill, "stories"), Other, Cancel);

        await Start(panel).ClickAsync(new());
        Assert.Contains(ErrorCodes.ColumnHeld, panel.Find(".error-card").TextContent, StringComparison.Ordinal);
        await control.AskAsync(holder.Id, RunAction.Cancel, null, Other, Cancel);
        await Start(panel).ClickAsync(new());

        Assert.Equal(1, await database.CountAsync("embedding_admin.run where status = 'enqueued' and actor = 'Ada'"));
        await database.ExecuteAsync("update embedding_admin.run set status = 'cancelled'");
    }

    [Fact]
    public async Task While_it_starts_nothing_else_can_be_chosen()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = Open(screens, new() { Quick = QuickChoice.Choose });
        panel.WaitForElement(".facts");
        Assert.False(panel.Find(".choices").HasAttribute("disabled"));
        await using var connection = await database.Database.DataSource.OpenConnectionAsync(Cancel);
        await using var held = await LockAsync(connection, "embedding_admin.run in exclusive mode");

        var starting = Start(panel).ClickAsync(new());
        panel.WaitForAssertion(() => Assert.All([panel.Find(".choices"), panel.Find(".finer"), .. panel.FindAll(".panel-buttons button")], part => Assert.True(part.HasAttribute("disabled"))));

        await held.RollbackAsync(Cancel);
        await starting;
        await database.ExecuteAsync("update embedding_admin.run set status = 'cancelled'");
    }

    [Fact]
    public async Task A_fault_is_forgotten_with_the_choice_that_it_was_about()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = Open(screens, new() { Quick = QuickChoice.Choose, By = ChooseBy.Keys, Keys = "=evil" });
        panel.WaitForElement(".error-card");

        await panel.FindAll(".choices input")[0].ChangeAsync(new() { Value = true });

        Counts(panel, "5,000");
        Assert.Empty(panel.FindAll(".error-card"));
    }

    [Fact]
    public async Task An_answer_to_an_earlier_choice_does_not_count()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = Open(screens, new() { By = ChooseBy.Keys });
        panel.WaitForElement(".facts");
        await using var connection = await database.Database.DataSource.OpenConnectionAsync(Cancel);
        await using var held = await LockAsync(connection, "stories");

        var asking = panel.FindAll(".choices input")[1].ChangeAsync(new() { Value = true });
        await Until.HoldsAsync(() => database.Database.ScalarAsync<bool>("select exists (select from pg_locks where not granted and relation = 'stories'::regclass)", Cancel));
        await panel.FindAll(".choices input")[2].ChangeAsync(new() { Value = true });
        await held.RollbackAsync(Cancel);
        await asking;

        Assert.Equal("Name at least one key.", panel.Find(".start-preview .note span").TextContent);
        Assert.Empty(panel.FindAll(".facts, .error-card"));
    }

    private static IRenderedComponent<StartPanel> Open(Screens screens, StartChoice? choice = null) => screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories").Add(s => s.Choice, choice ?? new()));

    private static async Task<NpgsqlTransaction> LockAsync(NpgsqlConnection connection, string table)
    {
        var transaction = await connection.BeginTransactionAsync(Cancel);
        await using var command = new NpgsqlCommand($"lock table {table}", connection, transaction);
        await command.ExecuteNonQueryAsync(Cancel);
        return transaction;
    }

    private static void Counts(IRenderedComponent<StartPanel> panel, string rows) =>
        panel.WaitForAssertion(() => Assert.Equal(rows, panel.Find(".facts dd").ChildNodes[0].TextContent.Trim()));

    private static IElement Start(IRenderedComponent<StartPanel> panel) => panel.FindAll(".panel-buttons button")[1];

    private static IEnumerable<bool> Checked(IRenderedComponent<StartPanel> panel) => panel.FindAll(".choices input").Select(choice => choice.HasAttribute("checked"));
}
