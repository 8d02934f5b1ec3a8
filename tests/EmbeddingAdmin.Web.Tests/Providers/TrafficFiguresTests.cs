using Bunit;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Web.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.Providers;

public sealed class TrafficFiguresTests
{
    private static readonly TrafficState Quiet = new() { Host = "api.openai.com", Model = "m", AsOf = Sample.Now, TokensPerByte = 0.25, Concurrency = 4, MostConcurrency = 8 };

    [Fact]
    public void Limits_that_nobody_has_told_are_not_known()
    {
        Assert.Equal(("not known; its answers may say", "not known; its answers may say", "0; 4 may be", "0.25"), Facts(Quiet));
        Assert.Empty(Notes(Quiet));
    }

    [Fact]
    public void Limits_say_where_they_are_known_from_and_what_is_left() => Assert.Equal(
        ("3,000 by the settings; 2,990 left", "1,000,000 by its answers; 0 left", "2; 4 may be", "0.31"),
        Facts(Quiet with
        {
            RequestsPerMinute = 3000, RequestsFrom = RateSource.Settings, RequestsRemaining = 2990, TokensPerMinute = 1_000_000, TokensFrom = RateSource.Headers, TokensRemaining = -40, InFlight = 2, TokensPerByte = 0.314,
        }));

    [Fact]
    public void That_all_requests_hold_is_said_with_until_when() =>
        Assert.Matches(@"It asked to slow down\. All requests hold until \d\d:\d\d:\d\d\.", Assert.Single(Notes(Quiet with { HeldUntil = Sample.Now.AddSeconds(20) })));

    [Fact]
    public void That_it_is_left_alone_is_said_with_when_it_is_asked_again() => Assert.Matches(
        @"It answers nothing\. No text is sent to it; two fixed sentences are, at \d\d:\d\d:\d\d again\.",
        Assert.Single(Notes(Quiet with { OpenUntil = Sample.Now.AddMinutes(5), HeldUntil = Sample.Now.AddSeconds(20) })));

    private static (string, string, string, string) Facts(TrafficState state)
    {
        using var bunit = new BunitContext();
        var facts = Render(bunit, state).FindAll("dd");
        return (facts[0].TextContent, facts[1].TextContent, facts[2].TextContent, facts[3].TextContent);
    }

    private static IEnumerable<string> Notes(TrafficState state)
    {
        using var bunit = new BunitContext();
        return [.. Render(bunit, state).FindAll("[role=status]").Select(note => note.TextContent)];
    }

    private static IRenderedComponent<TrafficFigures> Render(BunitContext bunit, TrafficState state)
    {
        bunit.Services.AddSingleton<TimeProvider>(new ManualClock());
        return bunit.Render<TrafficFigures>(figures => figures.Add(f => f.State, state));
    }
}
