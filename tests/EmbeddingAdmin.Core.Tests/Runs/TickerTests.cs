using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Time;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class TickerTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public void It_publishes_at_most_four_times_a_second_and_persists_once()
    {
        var ticker = new Ticker(_clock, RunProgress.None);
        var (published, persisted) = (0, 0);
        for (var step = 0; step < 100; step++)
        {
            published += ticker.Publish() is null ? 0 : 1;
            persisted += ticker.Persist() is null ? 0 : 1;
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal((4, 1), (published, persisted));
    }

    [Fact]
    public void The_speed_is_unknown_until_a_second_of_running_time_has_something_to_show()
    {
        var ticker = new Ticker(_clock, RunProgress.None);
        Assert.Null(ticker.Progress.RowsPerSecond);
        ticker.Count(Rows(500), 0);
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Null(ticker.Progress.RowsPerSecond);
        _clock.Advance(TimeSpan.FromMilliseconds(1500));
        Assert.Equal(250, ticker.Progress.RowsPerSecond);
    }

    [Fact]
    public void The_speed_is_that_of_the_last_30_seconds()
    {
        var ticker = new Ticker(_clock, RunProgress.None);
        for (var second = 0; second < 60; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            ticker.Count(Rows(second < 30 ? 1000 : 10), 0);
        }

        Assert.InRange(ticker.Progress.RowsPerSecond!.Value, 9, 11);
    }

    [Fact]
    public void After_a_pause_the_speed_is_unknown_and_the_running_time_goes_on_without_the_pause()
    {
        var before = new Ticker(_clock, RunProgress.None);
        before.Count(Rows(100), 7);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var kept = before.Progress;
        _clock.Advance(TimeSpan.FromHours(1));

        var after = new Ticker(_clock, kept);
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Null(after.Progress.RowsPerSecond);
        Assert.Equal(12, after.Progress.RunningSeconds);
        Assert.Equal((100, 7), (after.Progress.Receipt.Selected, after.Progress.Tokens));
        Assert.True(after.Progress.Tick > kept.Tick);
    }

    private static Receipt Rows(long rows) => Receipt.Empty.Add(RowOutcome.Written, rows);
}
