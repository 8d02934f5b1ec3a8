using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class RunFeedTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watchers_go_from_none_to_many_to_none()
    {
        using var feed = new RunFeed();
        feed.Publish(Snapshot(1, 1, 1));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var unopened = feed.WatchAsync(1, stop.Token);
        Assert.Equal(0, feed.Watchers);

        var watching = Enumerable.Range(0, 5).Select(_ => feed.WatchAsync(1, stop.Token).GetAsyncEnumerator(stop.Token)).ToArray();
        foreach (var watcher in watching)
            Assert.True(await watcher.MoveNextAsync());
        Assert.Equal(5, feed.Watchers);

        await watching[0].DisposeAsync();
        Assert.Equal(4, feed.Watchers);
        var waiting = watching.Skip(1).Select(watcher => watcher.MoveNextAsync().AsTask()).ToArray();
        await stop.CancelAsync();
        foreach (var wait in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.Equal(0, feed.Watchers);
        Assert.NotNull(unopened);
    }

    [Fact]
    public async Task A_slow_watcher_sees_the_latest_and_no_queue_grows()
    {
        using var feed = new RunFeed();
        feed.Publish(Snapshot(1, 1, 1));
        await using var watcher = feed.WatchAsync(1, Cancel).GetAsyncEnumerator(Cancel);
        await watcher.MoveNextAsync();
        for (var tick = 2; tick <= 1000; tick++)
            feed.Publish(Snapshot(1, 1, tick));

        Assert.True(await watcher.MoveNextAsync());
        Assert.Equal(1000, watcher.Current.Progress.Tick);
        var next = watcher.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        feed.Publish(Snapshot(1, 1, 1001));
        Assert.True(await next);
        Assert.Equal(1001, watcher.Current.Progress.Tick);
    }

    [Fact]
    public void Record_and_progress_are_judged_apart_and_never_go_back()
    {
        using var feed = new RunFeed();
        feed.Publish(Snapshot(1, 1, 10));
        feed.Publish(Snapshot(1, 2, 3, RunStatus.Pausing));
        feed.Publish(Snapshot(1, 1, 11));

        var latest = feed.Latest(1)!;
        Assert.Equal((2, RunStatus.Pausing, 11L), (latest.Run.Version, latest.Run.Status, latest.Progress.Tick));
    }

    [Fact]
    public void A_run_that_ended_early_says_what_it_never_came_to()
    {
        var ended = Snapshot(1, 1, 1, RunStatus.Cancelled);
        Assert.Equal((10, 100 - 10), (ended.Receipt[RowOutcome.Written], ended.Receipt[RowOutcome.NotAttempted]));
        Assert.Equal(100, ended.Receipt.Selected);
        Assert.Null(ended.TimeLeft);
    }

    private static RunSnapshot Snapshot(long id, int version, long tick, RunStatus status = RunStatus.Running) => new(
        new Run
        {
            Id = id, Kind = RunKind.Backfill, Table = "stories", VectorColumn = 1, Status = status, Version = version, Attempt = 1, Actor = "tester", ScopeRows = 100,
            Plan = new RunPlan { Provider = "local", Host = "here", Model = "m", Dimensions = 3, Recipe = "r", PageSize = 10 },
            CreatedAt = DateTimeOffset.UnixEpoch, ChangedAt = DateTimeOffset.UnixEpoch,
        },
        new RunProgress { Tick = tick, Receipt = Receipt.Empty.Add(RowOutcome.Written, 10) },
        DateTimeOffset.UnixEpoch);
}
