using EmbeddingAdmin.Runs;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>Commands that come late, twice, or to nobody.</summary>
public sealed class ControlTests(Chrome chrome, Fleet fleet) : IClassFixture<Fleet>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RunAction.Pause, RunStatus.Pausing, "STOP", RunStatus.Paused, "force-pause")]
    [InlineData(RunAction.Cancel, RunStatus.Cancelling, "KILL", RunStatus.Cancelled, "force-cancel")]
    public async Task A_request_whose_worker_is_gone_can_be_forced(RunAction request, RunStatus pending, string signal, RunStatus forced, string name)
    {
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await Task.WhenAll(desk.StartAsync(), fleet.HoldAfterAsync(answers: 3));
        await desk.ShowsAsync(RunStatus.Running);
        await fleet.StrikeAsync(signal, desk.Run.Id);
        await desk.AskAsync(request);
        await desk.ShowsAsync(pending);

        // Time passes: what happened is two minutes old, and nothing else has come since.
        await fleet.Database.ExecuteAsync(
            $"""
            update embedding_admin.run_lease set until = until - interval '2 minutes' where run = {desk.Run.Id};
            update embedding_admin.run set changed_at = changed_at - interval '2 minutes', version = version + 1 where id = {desk.Run.Id}
            """, Cancel);
        await desk.ShowsAsync(pending, pending.ToString(), [.. RunActions.For(pending), RunAction.Force], "No sign of its worker since");
        await Expect(desk.Page.GetByText("Force settles it")).ToBeVisibleAsync();
        await desk.Look.KeepAsync(name);
        await desk.Look.JudgeAsync(name);

        await desk.AskAsync(RunAction.Force);
        await desk.ShowsAsync(forced, "Ada forced it: its worker gave no sign any more.");
        await Expect(desk.Run.Said).ToContainTextAsync("Its worker writes nothing any more, should it wake.");
        // Also what the worker wrote and told nobody any more.
        var written = await fleet.WrittenAsync();
        await desk.ShowsAsync(forced, $"{written} of 300 rows");

        fleet.Provider.Script.Clear();
        if (signal == "STOP")
        {
            // It wakes with an answer in hand that came too late, and is told so.
            await fleet.Worker.SignalAsync("CONT", Cancel);
            await fleet.IsAtRestAsync(desk.Run.Id);
            Assert.Equal(written, await fleet.WrittenAsync());
            await desk.AskAsync(RunAction.Resume);
            await desk.EndsVerifiedAsync();
        }

        desk.IsFaultless();
        await fleet.WithoutWorkersAsync();
    }

    [Fact]
    public async Task Two_operators_who_ask_for_the_same_are_each_told_what_happened()
    {
        await fleet.ReadyAsync();
        await using var ada = await Desk.SitAsync(chrome, fleet, "Ada");
        await using var ben = await Desk.SitAsync(chrome, fleet, "Ben");
        var line = await SlowLine.LayAsync(ben.Page);
        await Task.WhenAll(ada.StartAsync(), fleet.HoldAfterAsync(answers: 3));
        await ben.LookAtAsync(ada.Run.Id);
        await ben.ShowsAsync(RunStatus.Running);
        // Whatever is asked stays pending until it wakes.
        await fleet.StrikeAsync("STOP", ada.Run.Id);

        line.Hold();
        await ada.AskAsync(RunAction.Pause);
        await ada.ShowsAsync(RunStatus.Pausing);
        await Expect(ada.Run.Said).ToHaveTextAsync($"Run {ada.Run.Id} is pausing: the pages in hand are being ended.");
        await ben.AskAsync(RunAction.Pause);
        line.LetGo();
        await ben.ShowsAsync(RunStatus.Pausing);
        await Expect(ben.Run.Said).ToHaveTextAsync($"Run {ben.Run.Id} is already pausing, so it cannot pause. Nothing was done.");
        await ben.Look.KeepAsync("two-operators-pause");

        // Ben is asked whether he means it, and while he thinks Ada has done it.
        await ben.Run.Ask("Cancel").ClickAsync();
        var sure = ben.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the run" });
        await sure.WaitForAsync();
        await ada.AskAsync(RunAction.Cancel);
        await ada.ShowsAsync(RunStatus.Cancelling);
        await Expect(ada.Run.Said).ToHaveTextAsync($"Run {ada.Run.Id} is being cancelled: the pages in hand are being ended.");
        await sure.ClickAsync();
        await ben.ShowsAsync(RunStatus.Cancelling);
        await Expect(ben.Run.Said).ToHaveTextAsync($"Run {ben.Run.Id} is already cancelling, so it cannot cancel. Nothing was done.");
        await ben.Look.KeepAsync("two-operators-cancel");

        await fleet.LetGoAsync(ada.Run.Id);
        await fleet.Worker.SignalAsync("CONT", Cancel);
        await ada.ShowsAsync(RunStatus.Cancelled);
        await ben.ShowsAsync(RunStatus.Cancelled);
        ada.IsFaultless();
        ben.IsFaultless();
    }
}
