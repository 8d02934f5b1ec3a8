using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class CostWordsTests
{
    private static readonly ModelPrice Price = new("api.openai.com", "text-embedding-3-small", 0.02m, "USD", new(2026, 4, 29));

    private static readonly RunPlan Unpriced = Sample.Run(RunStatus.Running).Plan with { Provider = "openai", Host = "api.openai.com", Model = "text-embedding-3-small" };

    private static readonly RunPlan Priced = Unpriced with { Price = Price };

    [Fact]
    public void A_start_costs_a_range_at_a_dated_price()
    {
        Assert.Equal("about $0.012 to $0.028", CostWords.Of(Priced, new(4_000_000)));
        Assert.Equal("at the price of 2026-04-29: $0.02 for a million tokens", CostWords.Basis(Priced));
        Assert.Equal("nothing", CostWords.Of(Priced, new(0)));
        Assert.Equal("under $0.0001", CostWords.Of(Priced, new(40)));
    }

    [Fact]
    public void What_has_no_price_is_unpriced_and_never_free()
    {
        Assert.Equal("unpriced", CostWords.Of(Unpriced, new(4_000_000)));
        Assert.Equal("the settings (Prices) have no price of text-embedding-3-small at api.openai.com", CostWords.Basis(Unpriced));
        Assert.Equal("unpriced", CostWords.SoFar(Snapshot(Unpriced, 1_000_000)));
    }

    [Fact]
    public void Only_what_is_made_in_this_process_is_free()
    {
        var local = Sample.Run(RunStatus.Running).Plan;
        Assert.Equal("free, made in this process", CostWords.Of(local, new(4_000_000)));
        Assert.Equal("free, made in this process", CostWords.SoFar(Snapshot(local, 0)));
        Assert.Null(CostWords.Basis(local));
        Assert.Equal("none", CostWords.Tokens(Snapshot(local, 0)));
    }

    [Fact]
    public void The_cost_so_far_is_that_of_the_tokens_that_were_charged()
    {
        Assert.Equal("$0.0123", CostWords.SoFar(Snapshot(Priced, 615_000)));
        Assert.Equal("615,000", CostWords.Tokens(Snapshot(Priced, 615_000)));
        Assert.Equal("$1,230.00", CostWords.SoFar(Snapshot(Priced, 61_500_000_000)));
    }

    [Fact]
    public void Tokens_that_nobody_reported_are_not_0()
    {
        Assert.Equal("not reported", CostWords.Tokens(Snapshot(Priced, 0)));
        Assert.Equal("not known: no tokens were reported", CostWords.SoFar(Snapshot(Priced, 0)));
        Assert.Equal(("0", "$0.00"), (CostWords.Tokens(Sample.Snapshot(Sample.Run(RunStatus.Running) with { Plan = Priced })), CostWords.SoFar(Sample.Snapshot(Sample.Run(RunStatus.Running) with { Plan = Priced }))));
    }

    private static RunSnapshot Snapshot(RunPlan plan, long tokens)
    {
        var snapshot = Sample.Snapshot(Sample.Run(RunStatus.Running) with { Plan = plan }, (RowOutcome.Written, 100));
        return snapshot with { Progress = snapshot.Progress with { Tokens = tokens } };
    }
}
