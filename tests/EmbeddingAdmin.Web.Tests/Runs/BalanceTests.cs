using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class BalanceTests
{
    [Theory]
    [InlineData(RunStatus.Running, 1400)]
    [InlineData(RunStatus.Paused, 0)]
    [InlineData(RunStatus.Cancelled, 1400)]
    [InlineData(RunStatus.Errored, 5000)]
    [InlineData(RunStatus.Succeeded, 5000)]
    [InlineData(RunStatus.Succeeded, 4990)]
    [InlineData(RunStatus.Succeeded, 5003)]
    public void What_came_in_is_what_became_of_it_at_every_moment(RunStatus status, long written)
    {
        var balance = new Balance(Sample.Snapshot(Sample.Run(status), (RowOutcome.Written, written)));
        Assert.Equal(balance.AtStart, balance.Selected + balance.ToCome + balance.Left - balance.Joined);
    }

    [Fact]
    public void Rows_that_somebody_else_dealt_with_left_the_scope_and_are_not_still_to_come()
    {
        var balance = new Balance(Sample.Snapshot(Sample.Run(RunStatus.Succeeded), (RowOutcome.Written, 4990)));
        Assert.Equal((10, 0), (balance.Left, balance.ToCome));
    }

    [Fact]
    public void Rows_that_joined_are_told_apart() =>
        Assert.Equal(3, new Balance(Sample.Snapshot(Sample.Run(RunStatus.Succeeded), (RowOutcome.Written, 5003))).Joined);
}
