using Bunit;
using EmbeddingAdmin.Web.Components;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class CountdownTests : BunitContext
{
    private readonly ManualClock _clock = new();

    public CountdownTests() => Services.AddSingleton<TimeProvider>(_clock);

    [Fact]
    public async Task The_seconds_run_down_by_themselves_and_only_for_the_eye_until_the_time_has_come()
    {
        var begin = _clock.GetUtcNow();
        var line = Draw(begin.AddSeconds(3.5));
        Assert.Equal("Goes on at 15:09:29, in 4 s", line.Find(".countdown").TextContent);
        Assert.Equal(", in 4 s", line.Find("[aria-hidden=true]").TextContent);
        Assert.Equal("Goes on at 15:09:29", line.Find("time").TextContent);

        foreach (var left in (int[])[3, 2, 1])
            await ShowsAsync(line, $"Goes on at 15:09:29, in {left} s", before: begin.AddSeconds(4.4 - left));
        await ShowsAsync(line, "Goes on any moment.", before: begin.AddSeconds(10));
        Assert.Empty(line.FindAll("time"));
    }

    [Fact]
    public async Task Another_time_is_counted_down_in_place_of_the_first()
    {
        var line = Draw(_clock.GetUtcNow().AddSeconds(30));
        line.Render(countdown => countdown.Add(c => c.Until, _clock.GetUtcNow().AddHours(1)));
        Assert.Equal("Goes on at 16:09:26, in 1 h", line.Find(".countdown").TextContent);
        await ShowsAsync(line, "Goes on at 16:09:26, in 59 min 59 s", before: _clock.GetUtcNow().AddSeconds(1.9));
    }

    [Fact]
    public void A_time_that_has_come_is_not_counted()
    {
        Assert.Equal("Goes on any moment.", Draw(_clock.GetUtcNow()).Find(".countdown").TextContent);
    }

    private IRenderedComponent<Countdown> Draw(DateTimeOffset until) =>
        Render<Countdown>(countdown => countdown.Add(c => c.Until, until).Add(c => c.Prefix, "Goes on at").Add(c => c.Past, "Goes on any moment."));

    /// <summary>Lets time pass in small steps, as far as somebody waits for it, until that is shown; no further than to where it would be shown no more, however late it is drawn.</summary>
    private Task ShowsAsync(IRenderedComponent<Countdown> line, string words, DateTimeOffset before) => Until.TrueAsync(() =>
    {
        if (line.Find(".countdown").TextContent == words)
            return true;
        if (_clock.Timers > 0 && _clock.GetUtcNow() < before)
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        return false;
    });
}
