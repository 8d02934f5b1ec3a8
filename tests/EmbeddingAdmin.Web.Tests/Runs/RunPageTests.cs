using Bunit;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class RunPageTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static readonly Actor Ada = new("Ada", "dashboard");

    [Fact]
    public async Task A_run_that_does_not_exist_is_said_so()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, 4711));
        Assert.Equal("There is no run 4711", page.WaitForElement(".empty-state h2").TextContent);
        Assert.Equal("/runs", page.Find(".empty-state a").GetAttribute("href"));
    }

    [Fact]
    public async Task It_follows_the_feed_and_leaves_it()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await StartAsync(screens, "profiles");
        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));
        page.WaitForElement(".run-head");
        Assert.Equal($"Run {run.Id} · Backfill of profiles", page.Find("h1").TextContent);
        Assert.Equal(1, screens.Feed.Watchers);
        page.WaitForAssertion(() => Assert.Contains("No worker is up; it waits for one.", page.Find(".run-head").TextContent, StringComparison.Ordinal));

        screens.Feed.Publish(Sample.Snapshot(run with { Status = RunStatus.Running, Version = run.Version + 1, ScopeRows = 1500 }, (RowOutcome.Written, 370), (RowOutcome.EmptySource, 5)));

        page.WaitForAssertion(() => Assert.Equal("25", page.Find("[role=progressbar]").GetAttribute("aria-valuenow")));
        Assert.Equal("375 of 1,500 rows (25 %)", page.Find("[role=progressbar]").GetAttribute("aria-valuetext"));
        Assert.Equal(["370", "5"], page.FindAll(".run-figures .figure-value").Select(figure => figure.TextContent));
        Assert.DoesNotContain("No worker", page.Markup, StringComparison.Ordinal);
        Assert.Equal(11, page.FindAll(".receipt tbody tr").Count);
        Assert.Equal(["375", "1,125", "0", "1,500"], page.FindAll(".receipt tfoot td").Select(sum => sum.TextContent));
        Assert.DoesNotContain("Came meanwhile", page.Find(".run-rates").TextContent, StringComparison.Ordinal);

        screens.Feed.Publish(Sample.Snapshot(run with { Status = RunStatus.Running, Version = run.Version + 2, ScopeRows = 372 }, (RowOutcome.Written, 370), (RowOutcome.EmptySource, 5)));
        page.WaitForAssertion(() => Assert.Contains("Came meanwhile3 rows", page.Find(".run-rates").TextContent, StringComparison.Ordinal));

        await screens.DisposeComponentsAsync();
        Assert.Equal(0, screens.Feed.Watchers);
        await EndAsync(screens, run);
    }

    [Fact]
    public async Task The_buttons_are_the_domains_and_say_what_came_of_them()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await StartAsync(screens, "profiles");
        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));
        page.WaitForElement(".run-commands button");
        Assert.Equal(RunActions.For(RunStatus.Enqueued).Select(action => action.ToString()), Buttons(page));

        await page.FindAll(".run-commands button")[0].ClickAsync(new());

        page.WaitForAssertion(() => Assert.Equal(["Resume", "Cancel"], Buttons(page)));
        Assert.Equal($"Run {run.Id} is paused.", page.Find(".said").TextContent);
        page.WaitForAssertion(() => Assert.Contains("Ada asked to pause it.", page.Find(".events").TextContent, StringComparison.Ordinal));
        await EndAsync(screens, run);
    }

    [Fact]
    public async Task A_command_on_a_state_that_changed_meanwhile_is_refused_in_words()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await StartAsync(screens, "profiles");
        var buttons = screens.Render<RunButtons>(p => p.Add(b => b.Snapshot, Sample.Snapshot(run)));
        await screens.Services.GetRequiredService<RunControl>().AskAsync(run.Id, RunAction.Pause, null, Ada, TestContext.Current.CancellationToken);

        await buttons.FindAll("button")[0].ClickAsync(new());

        Assert.Equal($"Run {run.Id} was enqueued and is paused meanwhile. Nothing was done.", buttons.Find(".said").TextContent);
        await EndAsync(screens, run);
    }

    [Theory]
    [InlineData(RunStatus.Pausing, "The pause is pending for more than a minute", "Cancel Force")]
    [InlineData(RunStatus.Cancelling, "The cancellation is pending for more than a minute", "Force")]
    public async Task A_request_that_nobody_is_left_to_fulfil_can_be_forced(RunStatus status, string sentence, string offered)
    {
        await using var screens = await Screens.OpenAsync(database);
        var young = Sample.Snapshot(Sample.Run(status)) with { AsOf = Sample.Now.AddSeconds(61), Heartbeat = Sample.Now.AddSeconds(60) };
        var buttons = screens.Render<RunButtons>(p => p.Add(b => b.Snapshot, young));
        Assert.DoesNotContain("Force", buttons.Markup, StringComparison.Ordinal);

        buttons.Render(p => p.Add(b => b.Snapshot, young with { Heartbeat = Sample.Now }));

        Assert.Equal(offered, string.Join(' ', buttons.FindAll(".rz-button-text").Select(text => text.TextContent)));
        Assert.Contains(sentence, buttons.Find(".quiet").TextContent, StringComparison.Ordinal);
        Assert.Contains("writes nothing any more, should it wake.", buttons.Find(".quiet").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forced_pause_of_a_young_request_is_refused_in_words()
    {
        await using var screens = await Screens.OpenAsync(database);
        var control = screens.Services.GetRequiredService<RunControl>();
        var (run, lease) = await control.StartHereAsync(new(RunKind.Backfill, "profiles"), Ada, TestContext.Current.CancellationToken);
        await control.AskAsync(run.Id, RunAction.Pause, null, Ada, TestContext.Current.CancellationToken);
        var seen = (await screens.Services.GetRequiredService<RunStore>().SnapshotAsync(run.Id, TestContext.Current.CancellationToken))!;
        // A page whose figures are wrong: the store looks for itself.
        var buttons = screens.Render<RunButtons>(p => p.Add(b => b.Snapshot, seen with { AsOf = seen.AsOf.AddMinutes(2) }));

        await buttons.FindAll("button").Single(button => button.TextContent.Contains("Force", StringComparison.Ordinal)).ClickAsync(new());

        Assert.Contains("Nothing was done. Force is there for a request that is pending for more than 60 s and whose worker gave no sign for 30 s.", buttons.Find(".said").TextContent, StringComparison.Ordinal);
        // Its worker is gone, and the pause is fulfilled without it.
        await screens.Services.GetRequiredService<RunStore>().Leases.ReleaseAsync(lease, TestContext.Current.CancellationToken);
        await screens.Services.GetRequiredService<RunStore>().Leases.SettleAbandonedAsync(TestContext.Current.CancellationToken);
        await EndAsync(screens, run);
    }

    [Fact]
    public async Task Since_when_nothing_is_heard_of_the_worker_is_said()
    {
        await using var screens = await Screens.OpenAsync(database);
        var heard = Sample.Snapshot(Sample.Run(RunStatus.Running)) with { Heartbeat = Sample.Now };
        var head = screens.Render<RunHead>(p => p.Add(h => h.Snapshot, heard));
        Assert.Empty(head.FindAll(".silent"));

        head.Render(p => p.Add(h => h.Snapshot, heard with { AsOf = Sample.Now.AddSeconds(31) }));

        Assert.StartsWith("No sign of its worker since", head.Find(".silent").TextContent, StringComparison.Ordinal);
        Assert.Equal(Sample.Now.ToString("O"), head.Find(".silent time").GetAttribute("datetime"));
    }

    [Fact]
    public async Task The_pace_is_lifted_and_set_again_by_its_switch()
    {
        await using var screens = await Screens.OpenAsync(database);
        var run = await StartAsync(screens, "profiles");
        var page = screens.Render<RunPage>(p => p.Add(r => r.Id, run.Id));

        await page.WaitForElement(".pace input").ChangeAsync(new() { Value = false });
        Assert.Null((await screens.Services.GetRequiredService<RunStore>().FindAsync(run.Id, TestContext.Current.CancellationToken))!.RowsPerSecond);
        page.WaitForAssertion(() => Assert.Contains("full speed", page.Find(".pace small").TextContent, StringComparison.Ordinal));

        await page.Find(".pace input").ChangeAsync(new() { Value = true });
        Assert.Equal(400, (await screens.Services.GetRequiredService<RunStore>().FindAsync(run.Id, TestContext.Current.CancellationToken))!.RowsPerSecond);
        await EndAsync(screens, run);
    }

    [Fact]
    public async Task All_runs_stand_newest_first_and_a_new_one_comes_by_itself()
    {
        await using var screens = await Screens.OpenAsync(database);
        var first = await StartAsync(screens, "profiles");
        await EndAsync(screens, first);
        var page = screens.Render<RunList>();
        page.WaitForElement(".run-row");

        var second = await StartAsync(screens, "profiles");
        page.WaitForAssertion(() => Assert.Equal([$"/runs/{second.Id}", $"/runs/{first.Id}"], page.FindAll(".run-row a").Take(2).Select(link => link.GetAttribute("href"))));
        Assert.Equal(page.FindAll("[role=columnheader]").Count, page.Find(".run-row").Children.Length);
        await EndAsync(screens, second);
    }

    private static Task<Run> StartAsync(Screens screens, string table) =>
        screens.Services.GetRequiredService<RunControl>().StartAsync(new(RunKind.Backfill, table), Ada, TestContext.Current.CancellationToken);

    private static Task<CommandResult> EndAsync(Screens screens, Run run) =>
        screens.Services.GetRequiredService<RunControl>().AskAsync(run.Id, RunAction.Cancel, null, Ada, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Buttons(IRenderedComponent<RunPage> page) => page.FindAll(".run-commands .rz-button-text").Select(text => text.TextContent);
}
