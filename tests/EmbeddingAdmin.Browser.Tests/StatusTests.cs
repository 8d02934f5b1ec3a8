using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The nine statuses, each brought about by what brings it about for an operator, on a dashboard that drives nothing itself.</summary>
public sealed class StatusTests(Chrome chrome, Fleet fleet) : IClassFixture<Fleet>
{
    [Fact]
    public async Task A_run_without_a_worker_waits_for_one_is_held_survives_its_workers_end_and_is_finished_by_the_next()
    {
        await fleet.ReadyAsync(worker: false);
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await desk.StartAsync();
        await desk.ShowsAsync(RunStatus.Enqueued, "No worker is up; it waits for one.");
        await desk.Look.KeepAsync("status-enqueued");

        await Task.WhenAll(fleet.StartWorkerAsync(), fleet.HoldAfterAsync(answers: 4));
        await desk.ShowsAsync(RunStatus.Running, "Vectors are being made");
        await desk.Look.KeepAsync("status-running");
        await desk.Look.KeepAsync("status-running", scheme: ColorScheme.Dark);

        await desk.AskAsync(RunAction.Pause);
        await desk.ShowsAsync(RunStatus.Pausing, "Nothing new is begun");
        await desk.Look.KeepAsync("status-pausing");
        await fleet.LetGoAsync(desk.Run.Id);
        await desk.ShowsAsync(RunStatus.Paused, "Ada asked to pause it.");
        await desk.Look.KeepAsync("status-paused");

        await Task.WhenAll(desk.AskAsync(RunAction.Resume), fleet.HoldAfterAsync(answers: 2));
        await desk.ShowsAsync(RunStatus.Running);
        // It drops what is held back when it has waited long enough.
        Assert.Equal([0], await fleet.StopWorkersAsync());
        await desk.ShowsAsync(RunStatus.Interrupted, "Its host stopped; it goes on by itself.");
        await desk.Look.KeepAsync("status-interrupted");
        await desk.Look.KeepAsync("status-interrupted", width: 360);
        await desk.Look.JudgeAsync("interrupted");

        fleet.Provider.Script.Clear();
        await fleet.StartWorkerAsync();
        await desk.EndsVerifiedAsync();
        await desk.Look.KeepAsync("status-succeeded");
        desk.IsFaultless();
    }

    [Fact]
    public async Task A_run_that_is_cancelled_ends_its_pages_first_and_says_what_stays()
    {
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await Task.WhenAll(desk.StartAsync(), fleet.HoldAfterAsync(answers: 3));

        await desk.AskAsync(RunAction.Cancel);
        await desk.ShowsAsync(RunStatus.Cancelling, "Nothing new is begun; the pages in hand are being ended, and what was written stays.");
        await desk.Look.KeepAsync("status-cancelling");
        await fleet.LetGoAsync(desk.Run.Id);

        await desk.ShowsAsync(RunStatus.Cancelled, "Ada asked to cancel it.");
        var written = await fleet.WrittenAsync();
        await desk.ShowsAsync(RunStatus.Cancelled, $"It ended early: {written} vectors were written and read back and stay; {Fleet.Rows - written} rows were not attempted.");
        await desk.Look.KeepAsync("status-cancelled");
        desk.IsFaultless();
    }

    [Fact]
    public async Task A_run_most_of_whose_rows_are_refused_stops_and_retry_takes_them_up_again()
    {
        await fleet.ReadyAsync();
        fleet.Provider.Script.Failure = new ScriptedAnswer(400, """{"error":{"message":"This text is not taken.","type":"invalid_request_error"}}""");
        fleet.Provider.Script.FailEvery = 1;
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await desk.StartAsync();

        await desk.ShowsAsync(RunStatus.Errored, "EA-RUN-05", "rows failed, which is more than half.", "Settle the cause and retry.");
        await desk.Look.KeepAsync("status-errored");
        await desk.Look.KeepAsync("status-errored", width: 360);
        await desk.Look.JudgeAsync("errored");

        fleet.Provider.Script.Clear();
        await desk.AskAsync(RunAction.Retry);
        await desk.EndsVerifiedAsync();
        desk.IsFaultless();
    }
}
