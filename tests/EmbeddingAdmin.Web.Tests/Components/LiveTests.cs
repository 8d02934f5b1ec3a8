using Bunit;
using EmbeddingAdmin.Web.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class LiveTests : BunitContext
{
    private readonly TestSource _source = new();
    private readonly ManualClock _clock = new();

    public LiveTests() => Services.AddSingleton<TimeProvider>(_clock);

    [Fact]
    public async Task It_shows_that_it_loads_and_then_what_the_stream_says()
    {
        var live = RenderLive();
        live.MarkupMatches("loading");

        await SayAsync(live, "one");
        live.MarkupMatches("<p>one</p>");
    }

    [Fact]
    public async Task Watchers_go_from_none_to_many_and_back_to_none()
    {
        Assert.Equal(0, _source.Watchers);
        RenderLive();
        RenderLive();
        await Until.TrueAsync(() => _source.Watchers == 2);

        await DisposeComponentsAsync();
        Assert.Equal(0, _source.Watchers);
        Assert.Equal(0, _clock.Timers);
    }

    [Fact]
    public async Task Nobody_watches_any_more_when_disposing_while_values_pour_in()
    {
        var live = RenderLive();
        await SayAsync(live, "one");
        for (var i = 0; i < 1000; i++)
            _source.Say($"{i}");

        await DisposeComponentsAsync();
        Assert.Equal(0, _source.Watchers);
    }

    [Fact]
    public async Task It_draws_at_most_four_times_a_second_and_the_latest_wins()
    {
        var live = RenderLive();
        await SayAsync(live, "first");
        var drawn = live.RenderCount;

        for (var i = 1; i <= 100; i++)
            _source.Say($"{i}");
        await Until.TrueAsync(() => _source.DealtWith == 101);
        await Until.TrueAsync(() => _clock.Timers == 1);
        _clock.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Equal(drawn, live.RenderCount);
        live.MarkupMatches("<p>first</p>");

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        live.WaitForAssertion(() => live.MarkupMatches("<p>100</p>"));
        Assert.Equal(drawn + 1, live.RenderCount);
    }

    [Fact]
    public async Task The_last_value_stays_when_the_stream_ends()
    {
        var live = RenderLive();
        await SayAsync(live, "last");
        _source.End();

        await Until.TrueAsync(() => _source.Watchers == 0);
        live.MarkupMatches("<p>last</p>");
    }

    [Fact]
    public async Task A_failure_of_the_stream_reaches_the_boundary_around_it_and_not_the_page()
    {
        var boundary = Render<FaultBoundary>(p => p.AddChildContent<Live<string>>(Live));
        await Until.TrueAsync(() => _source.Watchers == 1);

        _source.Fail(new InvalidOperationException("secret text"));

        boundary.WaitForAssertion(() => boundary.Find(".error-card"));
        Assert.Contains("EA-SYS-01", boundary.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("secret text", boundary.Markup, StringComparison.Ordinal);
        await Until.TrueAsync(() => _source.Watchers == 0);
    }

    [Fact]
    public async Task Another_key_leaves_the_old_stream_and_opens_the_new_one()
    {
        var other = new TestSource();
        var live = RenderLive();
        await SayAsync(live, "old");

        live.Render(p => p.Add(l => l.Key, 2).Add(l => l.Watch, other.WatchAsync));
        await Until.TrueAsync(() => (_source.Watchers, other.Watchers) == (0, 1));
        live.MarkupMatches("loading");

        other.Say("new");
        live.WaitForAssertion(() => live.MarkupMatches("<p>new</p>"));
    }

    [Fact]
    public async Task The_same_key_keeps_the_stream_whatever_the_parent_draws()
    {
        var live = RenderLive();
        await SayAsync(live, "one");

        live.Render(p => p.Add(l => l.Watch, token => _source.WatchAsync(token)));

        live.MarkupMatches("<p>one</p>");
        Assert.Equal(1, _source.Opened);
    }

    [Fact]
    public async Task Keys_that_change_quickly_leave_one_watcher()
    {
        var live = RenderLive();
        for (var key = 2; key < 20; key++)
            live.Render(p => p.Add(l => l.Key, key));
        var last = new TestSource();
        live.Render(p => p.Add(l => l.Key, 20).Add(l => l.Watch, last.WatchAsync));

        await Until.TrueAsync(() => last.Watchers == 1);
        Assert.Equal(0, _source.Watchers);
        last.Say("last");
        live.WaitForAssertion(() => live.MarkupMatches("<p>last</p>"));
    }

    private IRenderedComponent<Live<string>> RenderLive() => Render<Live<string>>(Live);

    private void Live(ComponentParameterCollectionBuilder<Live<string>> parameters) => parameters
        .Add(live => live.Watch, _source.WatchAsync)
        .Add(live => live.Key, 1)
        .Add(live => live.ChildContent, value => $"<p>{value}</p>")
        .Add(live => live.Loading, "loading");

    private async Task SayAsync(IRenderedComponent<Live<string>> live, string value)
    {
        await Until.TrueAsync(() => _source.Watchers == 1);
        _source.Say(value);
        live.WaitForAssertion(() => live.MarkupMatches($"<p>{value}</p>"));
    }
}
