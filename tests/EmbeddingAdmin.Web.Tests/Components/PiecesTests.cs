using Bunit;
using EmbeddingAdmin.Web.Components;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class PiecesTests : BunitContext
{
    private readonly ManualClock _clock = new();

    public PiecesTests() => Services.AddSingleton<TimeProvider>(_clock);

    [Fact]
    public void A_time_of_today_is_a_time_of_day_and_the_title_has_the_whole_of_it()
    {
        var time = Render<TimeAgo>(p => p.Add(t => t.At, _clock.GetUtcNow().AddSeconds(-4))).Find("time");
        Assert.Equal("as of 15:09:22", time.TextContent);
        Assert.Equal("2026-03-14 15:09:22 +00:00", time.GetAttribute("title"));
    }

    [Fact]
    public void A_time_of_another_day_names_the_day() =>
        Assert.Equal("as of 2026-03-13 15:09:26", Render<TimeAgo>(p => p.Add(t => t.At, _clock.GetUtcNow().AddDays(-1))).Find("time").TextContent);

    [Fact]
    public void A_figure_that_is_not_known_is_never_zero()
    {
        var figure = Render<Figure>(p => p.Add(f => f.Label, "Missing").Add(f => f.Value, null));
        Assert.Equal("not known yet", figure.Find(".figure-value").TextContent);
    }

    [Fact]
    public void A_figure_has_its_label_its_unit_and_its_time()
    {
        var figure = Render<Figure>(p => p.Add(f => f.Label, "Embedded").Add(f => f.Value, 12345).Add(f => f.Unit, "rows").Add(f => f.AsOf, _clock.GetUtcNow()));
        Assert.Equal("Embedded", figure.Find(".figure-label").TextContent);
        Assert.Equal("12,345 rows", figure.Find(".figure-value").TextContent);
        Assert.Equal("as of 15:09:26", figure.Find(".figure-as-of").TextContent);
    }

    [Fact]
    public void An_error_says_what_happened_what_was_not_done_what_to_do_and_where_to_look()
    {
        var card = Render<ErrorCard>(p => p.Add(c => c.Fault, new Fault("EA-X-01", "It broke.", "Nothing was written.", "Try again.", "abc123")));
        Assert.Equal("alert", card.Find("section").GetAttribute("role"));
        foreach (var part in (string[])["It broke.", "Nothing was written.", "Try again.", "EA-X-01", "abc123"])
            Assert.Contains(part, card.Find("section").TextContent, StringComparison.Ordinal);
    }
}
