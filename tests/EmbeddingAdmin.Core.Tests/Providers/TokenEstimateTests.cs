using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class TokenEstimateTests
{
    [Fact]
    public void Without_usage_it_is_a_quarter_of_the_bytes_give_or_take_40_percent()
    {
        var estimate = new TokenEstimate(4000);

        Assert.Equal((1000L, 600L, 1400L), (estimate.Tokens, estimate.AtLeast, estimate.AtMost));
        Assert.StartsWith("UTF-8 bytes ÷ 4, ± 40 %", estimate.Basis, StringComparison.Ordinal);
    }

    [Fact]
    public void With_usage_it_is_what_was_charged_for_a_byte()
    {
        var estimate = new TokenEstimate(4000, new(2300, 10_000, [3, 7]));

        Assert.Equal((920L, 828L, 1012L), (estimate.Tokens, estimate.AtLeast, estimate.AtMost));
        Assert.Equal("0.23 tokens per byte, from the usage of runs 3 and 7, ± 10 %", estimate.Basis);
    }

    [Theory]
    [InlineData("run 3", 3)]
    [InlineData("runs 3, 5 and 7", 3, 5, 7)]
    [InlineData("5 runs, the last of them run 9", 3, 5, 7, 8, 9)]
    public void The_runs_are_named(string words, params int[] runs)
        => Assert.Contains($"the usage of {words},", new TokenEstimate(1, new(1, 4, [.. runs.Select(run => (long)run)])).Basis, StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_nothing()
        => Assert.Equal((0L, 0L, 0L), (new TokenEstimate(0).Tokens, new TokenEstimate(0).AtLeast, new TokenEstimate(0).AtMost));
}
