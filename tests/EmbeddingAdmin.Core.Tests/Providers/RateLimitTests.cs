using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing.Time;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class RateLimitTests
{
    private readonly FakeClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_limit_nobody_waits()
    {
        using var limit = new RateLimit(null, _clock);
        await limit.TakeAsync(int.MaxValue, Cancel);
        Assert.Equal((null, null, null), (limit.From, limit.Bucket.PerMinute, limit.Bucket.Remaining));
    }

    [Fact]
    public async Task A_minute_brings_the_limit_and_those_who_wait_go_in_their_order()
    {
        using var limit = new RateLimit(60, _clock);
        await limit.TakeAsync(60, Cancel);
        var went = new List<int>();
        // The large one comes first: the small ones behind it must not live at its cost.
        var (first, second, third) = (TakeAsync(30), TakeAsync(1), TakeAsync(10));

        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(first.IsCompleted || second.IsCompleted || third.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await first;
        Assert.False(second.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await second;
        Assert.Equal(10, limit.Bucket.WaitFor(1).TotalSeconds + limit.Bucket.Remaining!.Value - 1, 1);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await third;

        Assert.Equal([30, 1, 10], went);
        Assert.Equal((0, 101.0), (limit.Bucket.Remaining, limit.TakenEver));

        async Task TakeAsync(int permits)
        {
            await limit.TakeAsync(permits, Cancel);
            lock (went)
                went.Add(permits);
        }
    }

    [Fact]
    public async Task No_more_than_a_minute_is_saved_up_and_what_is_more_than_that_goes_alone()
    {
        using var limit = new RateLimit(60, _clock);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(60, limit.Bucket.Remaining);

        await limit.TakeAsync(90, Cancel);
        Assert.Equal(-30, limit.Bucket.Remaining);
        var next = limit.TakeAsync(1, Cancel);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.False(next.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await next;
    }

    [Fact]
    public async Task What_was_not_used_comes_back_to_those_who_wait()
    {
        using var limit = new RateLimit(60, _clock);
        await limit.TakeAsync(60, Cancel);
        var next = limit.TakeAsync(20, Cancel);

        limit.Return(20);

        await next;
        Assert.Equal(60, limit.TakenEver);
    }

    [Fact]
    public async Task One_who_gives_up_takes_nothing_and_lets_the_next_one_through()
    {
        using var limit = new RateLimit(60, _clock);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await limit.TakeAsync(50, Cancel);
        var (large, small) = (limit.TakeAsync(60, patience.Token), limit.TakeAsync(10, Cancel));
        Assert.False(small.IsCompleted);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        Assert.Equal((0, 60.0), (limit.Bucket.Remaining, limit.TakenEver));
    }

    [Fact]
    public void Headers_lower_a_limit_of_the_settings_and_never_raise_it()
    {
        using var limit = new RateLimit(1000, _clock);

        limit.Correct(new(5000, 4000, null), 0, TimeSpan.Zero);
        Assert.Equal((1000, RateSource.Settings, 1000), (limit.Bucket.PerMinute, limit.From, limit.Bucket.Remaining));
        limit.Correct(new(5000, 300, null), 0, TimeSpan.Zero);
        Assert.Equal((1000, RateSource.Settings, 300), (limit.Bucket.PerMinute, limit.From, limit.Bucket.Remaining));
        limit.Correct(new(500, 500, null), 0, TimeSpan.Zero);
        Assert.Equal((500, RateSource.Headers, 500), (limit.Bucket.PerMinute, limit.From, limit.Bucket.Remaining));
    }

    [Fact]
    public async Task What_remains_knows_nothing_of_those_who_were_sent_after()
    {
        using var limit = new RateLimit(null, _clock);
        limit.Correct(new(1000, 900, null), 0, TimeSpan.Zero);
        Assert.Equal((900, RateSource.Headers), (limit.Bucket.Remaining, limit.From));
        await limit.TakeAsync(100, Cancel);
        var then = limit.TakenEver;
        await limit.TakeAsync(300, Cancel);

        // It had 700 when it took the first of the two, because somebody else sends, too.
        limit.Correct(new(1000, 700, null), limit.TakenEver - then, TimeSpan.Zero);

        Assert.Equal(400, limit.Bucket.Remaining);
    }

    [Fact]
    public async Task A_limit_of_a_day_fills_in_a_day()
    {
        using var limit = new RateLimit(null, _clock);

        // 200 a day: one comes back every 432 s.
        limit.Correct(new(200, 0, TimeSpan.FromDays(1)), 0, TimeSpan.Zero);
        var next = limit.TakeAsync(1, Cancel);
        _clock.Advance(TimeSpan.FromSeconds(431));
        Assert.False(next.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await next;
    }
}
