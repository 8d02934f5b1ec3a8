using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class RateHeadersTests
{
    [Theory]
    [InlineData("6ms", 0.006)]
    [InlineData("1s", 1)]
    [InlineData("1m2s", 62)]
    [InlineData("6m0s", 360)]
    [InlineData("1h0m0.5s", 3600.5)]
    [InlineData("1d2h", 93_600)]
    [InlineData("17.5s", 17.5)]
    [InlineData("250µs", 0.00025)]
    [InlineData("12", 12)]
    [InlineData(" 0.25 ", 0.25)]
    public void A_reset_is_a_time(string text, double seconds) => Assert.Equal(seconds, RateHeaders.Duration(text)!.Value.TotalSeconds, 6);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-1s")]
    [InlineData("1x")]
    [InlineData("s")]
    [InlineData("5m3")]
    [InlineData("2026-01-01T00:00:00Z")]
    [InlineData("99999999999999999999h")]
    public void What_is_no_time_is_none(string? text) => Assert.Null(RateHeaders.Duration(text));

    [Fact]
    public void What_the_provider_says_is_read_for_requests_and_tokens()
    {
        var said = Read(("x-ratelimit-limit-requests", "3000"), ("x-ratelimit-remaining-requests", "2999"), ("x-ratelimit-reset-requests", "20ms"), ("x-ratelimit-remaining-tokens", "0"));

        Assert.Equal(new RateHeader(3000, 2999, TimeSpan.FromMilliseconds(20)), said!.Requests);
        Assert.Equal(new RateHeader(null, 0, null), said.Tokens);
    }

    [Fact]
    public void What_cannot_be_understood_counts_as_not_said()
    {
        Assert.Null(Read());
        Assert.Null(Read(("x-ratelimit-limit-requests", "many"), ("x-ratelimit-remaining-requests", "-1")));
        Assert.Null(Read(("x-ratelimit-limit-tokens", "0"), ("x-ratelimit-remaining-tokens", "0")));
    }

    private static RateHeaders? Read(params (string Name, string Value)[] headers)
    {
        var all = headers.ToDictionary(header => header.Name, header => header.Value, StringComparer.Ordinal);
        return RateHeaders.Read(name => all.GetValueOrDefault(name));
    }
}
