using Bunit;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class StartButtonsTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task Many_clicks_on_verify_start_one_verification_and_show_it()
    {
        await using var screens = await Screens.OpenAsync(database);
        var buttons = screens.Render<StartButtons>(p => p.Add(b => b.Table, "stories"));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Verify(buttons).ClickAsync(new())));

        var run = await database.Database.ScalarAsync<long>("select id from embedding_admin.run where kind = 'verify' and target = 'stories'", Xunit.TestContext.Current.CancellationToken);
        Assert.Equal((1, $"http://localhost/runs/{run}"), (await database.CountAsync("embedding_admin.run"), Navigation(screens).Uri));
    }

    [Fact]
    public async Task A_verification_that_is_refused_says_why_and_may_be_asked_for_again()
    {
        await using var screens = await Screens.OpenAsync(database);
        var buttons = screens.Render<StartButtons>(p => p.Add(b => b.Table, "tales"));
        var runs = await database.CountAsync("embedding_admin.run");

        for (var times = 1; times <= 2; times++)
        {
            await Verify(buttons).ClickAsync(new());
            Assert.Contains(ErrorCodes.TableUnknown, buttons.Find(".error-card").TextContent, StringComparison.Ordinal);
            Assert.Equal(times, await database.CountAsync("embedding_admin.event where kind = 'run.start.refused'"));
        }

        Assert.Equal((runs, "http://localhost/"), (await database.CountAsync("embedding_admin.run"), Navigation(screens).Uri));
    }

    [Fact]
    public async Task A_start_is_asked_for_in_the_panel_and_its_run_is_shown()
    {
        await using var screens = await Screens.OpenAsync(database);
        var buttons = screens.Render<StartButtons>(p => p.Add(b => b.Table, "stories"));
        var opened = new TaskCompletionSource<string?>();
        Dialogs(screens).OnOpen += (title, _, _, _) => opened.SetResult(title);

        var click = buttons.FindAll("button")[0].ClickAsync(new());
        Assert.Equal("Start a backfill of stories", await opened.Task);
        await buttons.InvokeAsync(() => Dialogs(screens).Close(42L));
        await click;
        Assert.Equal("http://localhost/runs/42", Navigation(screens).Uri);
    }

    [Fact]
    public async Task A_column_that_a_run_holds_names_it_and_takes_no_second()
    {
        await using var screens = await Screens.OpenAsync(database);
        var buttons = screens.Render<StartButtons>(p => p.Add(b => b.Table, "stories").Add(b => b.Holder, Sample.Run(RunStatus.Running)));

        Assert.True(buttons.FindAll("button")[0].HasAttribute("disabled"));
        Assert.False(Verify(buttons).HasAttribute("disabled"));
        Assert.Equal("Run 42 holds this column until it has ended.", buttons.Find(".quiet").TextContent);
        Assert.Equal("/runs/42", buttons.Find(".quiet a").GetAttribute("href"));
    }

    private static AngleSharp.Dom.IElement Verify(IRenderedComponent<StartButtons> buttons) => buttons.FindAll("button")[1];

    private static DialogService Dialogs(Screens screens) => screens.Services.GetRequiredService<DialogService>();

    private static NavigationManager Navigation(Screens screens) => screens.Services.GetRequiredService<NavigationManager>();
}
