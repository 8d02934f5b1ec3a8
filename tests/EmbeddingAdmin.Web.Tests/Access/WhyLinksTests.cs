using Bunit;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Rows;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Access;

/// <summary>Wherever an operator meets a write that did not happen there is a way to the reason.</summary>
public sealed class WhyLinksTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task A_row_has_one()
    {
        var key = (await database.Database.ScalarAsync<string>("select id::text from stories order by id limit 1", TestContext.Current.CancellationToken))!;
        await using var screens = await Screens.OpenAsync(database);
        screens.Services.GetRequiredService<NavigationManager>().NavigateTo(RowAddress.Of("stories", key));
        var page = screens.Render<SingleRow>(p => p.Add(row => row.Table, "stories"));
        Assert.Equal($"/access/why/stories?key={key}", page.WaitForElement(".row-actions .why-link").GetAttribute("href"));
    }

    [Theory]
    [InlineData(RowOutcome.Blocked, null, true)]
    [InlineData(RowOutcome.Reverted, null, true)]
    [InlineData(RowOutcome.Failed, "database", true)]
    [InlineData(RowOutcome.Changed, null, true)]
    [InlineData(RowOutcome.Failed, "provider", false)]
    [InlineData(RowOutcome.TooLong, null, false)]
    public async Task A_group_of_failures_has_one_where_a_vector_was_there_to_be_written(RowOutcome outcome, string? stage, bool there)
    {
        await using var screens = await Screens.OpenAsync(database);
        var cause = new FailureCause(outcome, stage, "X");
        var card = screens.Render<FailureCard>(p => p.Add(c => c.Run, Sample.Run(RunStatus.Succeeded)).Add(c => c.Group, new(cause, true, 3, new("a/b", cause, 1, null, Sample.Now), 1)));
        Assert.Equal(there ? ["/access/why/stories?key=a%2Fb&run=42"] : [], card.FindAll(".why-link").Select(link => link.GetAttribute("href")));
    }

    [Theory]
    [InlineData(RunStatus.Errored, ErrorCodes.WriteSwallowed, 0, true)]
    [InlineData(RunStatus.Errored, ErrorCodes.Grant, 0, true)]
    [InlineData(RunStatus.Errored, ErrorCodes.RowSecurity, 0, true)]
    [InlineData(RunStatus.Errored, ErrorCodes.RunTooManyFailures, 0, false)]
    [InlineData(RunStatus.Succeeded, null, 2, true)]
    [InlineData(RunStatus.Succeeded, null, 0, false)]
    public async Task A_run_has_one_where_it_was_blocked_or_its_vectors_did_not_stay(RunStatus status, string? reason, int reverted, bool there)
    {
        await using var screens = await Screens.OpenAsync(database);
        var cause = new FailureCause(RowOutcome.Reverted);
        var view = new RunView(
            Sample.Snapshot(Sample.Run(status) with { ReasonCode = reason }, (RowOutcome.Written, 10), (RowOutcome.Reverted, reverted)), [],
            reverted > 0 ? [new(cause, true, reverted, new("7", cause, 1, null, Sample.Now), 1)] : [], []);
        var why = screens.Render<RunWhy>(p => p.Add(w => w.View, view));
        Assert.Equal(there ? [$"/access/why/stories?{(reverted > 0 ? "key=7&" : "")}run=42"] : [], why.FindAll(".why-link").Select(link => link.GetAttribute("href")));
    }

    [Fact]
    public async Task A_start_that_was_refused_has_one()
    {
        await database.ExecuteAsync("create rule nothing as on update to stories do instead nothing");
        try
        {
            await using var screens = await Screens.OpenAsync(database);
            var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
            panel.WaitForElement(".facts");
            await panel.InvokeAsync(() => panel.Find(".neighbours .agree input").ChangeAsync(new() { Value = true }));
            panel.WaitForAssertion(() => Assert.False(panel.FindAll(".panel-buttons button")[1].HasAttribute("disabled")));
            await panel.InvokeAsync(() => panel.FindAll(".panel-buttons button")[1].ClickAsync(new()));
            panel.WaitForAssertion(() => Assert.Contains(ErrorCodes.WriteSwallowed, panel.Find(".error-card").TextContent, StringComparison.Ordinal));
            Assert.Equal("/access/why/stories", panel.Find(".why-link").GetAttribute("href"));
        }
        finally
        {
            await database.ExecuteAsync("drop rule nothing on stories");
        }
    }
}
