using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing.Time;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class ProviderPaceTests : IDisposable
{
    private readonly FakeClock _clock = new();

    // By the real clock: what waits for a fake one forever shall fail, not hang.
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);

    private CancellationToken Token => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task Rows_go_at_the_pace_and_not_faster()
    {
        using var pace = new ProviderPace(_clock, 400);
        var begin = _clock.GetUtcNow();

        foreach (var page in Enumerable.Range(0, 8))
        {
            var wait = pace.WaitAsync(500, Token);
            if (page > 0)
            {
                await _clock.WhenTimersAsync(1, Token);
                _clock.Advance(TimeSpan.FromMilliseconds(1249));
                Assert.Equal(1, _clock.Timers);
                _clock.Advance(TimeSpan.FromMilliseconds(1));
            }

            await wait;
        }

        // 4,000 rows have gone, of which the last 500 are still to be paid for.
        Assert.Equal(TimeSpan.FromSeconds(3500 / 400.0), _clock.GetUtcNow() - begin);
    }

    [Fact]
    public async Task A_wait_does_not_end_a_moment_early()
    {
        using var pace = new ProviderPace(_clock, 400);
        await pace.WaitAsync(400, Token);

        var wait = pace.WaitAsync(1, Token);
        await _clock.WhenTimersAsync(1, Token);
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(1, _clock.Timers);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await wait;
    }

    [Fact]
    public async Task Time_in_which_nobody_came_is_not_saved_up()
    {
        using var pace = new ProviderPace(_clock, 400);
        await pace.WaitAsync(1, Token);
        _clock.Advance(TimeSpan.FromHours(1));
        await pace.WaitAsync(400, Token);

        var wait = pace.WaitAsync(1, Token);
        await _clock.WhenTimersAsync(1, Token);
        _clock.Advance(TimeSpan.FromMilliseconds(749));
        Assert.Equal(1, _clock.Timers);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await wait;
    }

    [Fact]
    public async Task Without_a_pace_nobody_waits()
    {
        using var pace = new ProviderPace(_clock);
        foreach (var _ in Enumerable.Range(0, 100))
            Assert.True(pace.WaitAsync(1_000_000, Token).IsCompletedSuccessfully);
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData(null)]
    [InlineData(100_000.0)]
    public async Task A_new_pace_counts_at_once_for_those_who_wait(double? rowsPerSecond)
    {
        using var pace = new ProviderPace(_clock, 1);
        await pace.WaitAsync(10_000, Token);
        Task[] waits = [pace.WaitAsync(1, Token), pace.WaitAsync(1, Token)];
        await _clock.WhenTimersAsync(1, Token);

        pace.RowsPerSecond = rowsPerSecond;

        await waits[0];
        if (rowsPerSecond is not null)
        {
            await _clock.WhenTimersAsync(1, Token);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await waits[1];
        Assert.True(_clock.GetUtcNow() < new DateTimeOffset(2026, 1, 1, 0, 0, 1, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_wait_ends_when_the_run_does_and_nobody_pays_for_it()
    {
        using var pace = new ProviderPace(_clock, 1);
        await pace.WaitAsync(10, Token);
        using var run = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var cancelled = pace.WaitAsync(1_000_000, run.Token);
        await _clock.WhenTimersAsync(1, Token);

        await run.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        var next = pace.WaitAsync(1, Token);
        await _clock.WhenTimersAsync(1, Token);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await next;
    }

    [Fact]
    public async Task A_wait_longer_than_any_timer_is_still_waited_for()
    {
        using var pace = new ProviderPace(_clock, 0.001);
        await pace.WaitAsync(10_000, Token);

        var wait = pace.WaitAsync(1, Token);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            await _clock.WhenTimersAsync(1, Token);
            Assert.Equal(1, _clock.Timers);
            _clock.Advance(TimeSpan.FromHours(1));
        }

        pace.RowsPerSecond = null;
        await wait;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_pace_is_more_than_nothing(double rowsPerSecond)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new ProviderPace(_clock, rowsPerSecond));
}
