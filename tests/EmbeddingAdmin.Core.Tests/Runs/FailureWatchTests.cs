using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class FailureWatchTests
{
    [Theory]
    [InlineData(49, 49, 0, false)]
    [InlineData(50, 25, 0, false)]
    [InlineData(50, 26, 0, true)]
    [InlineData(1000, 500, 0, false)]
    [InlineData(1000, 501, 0, true)]
    [InlineData(50, 1, 25, true)]
    [InlineData(50, 0, 50, false)]
    public void More_than_half_of_at_least_50_stops(int rows, int failed, int tooLong, bool stops)
    {
        var watch = new FailureWatch(Receipt.Empty);
        watch.Count(rows - 10, failed, 0);
        watch.Count(10, 0, tooLong);
        Assert.Equal(stops ? ErrorCodes.RunTooManyFailures : null, (Record.Exception(watch.Judge) as EmbeddingAdminException)?.Code);
    }

    [Fact]
    public void What_the_attempt_did_before_counts_with_it()
    {
        var watch = new FailureWatch(Receipt.Empty.Add(RowOutcome.Written, 20).Add(RowOutcome.Failed, 20));
        watch.Count(10, 6, 0);
        Assert.Throws<EmbeddingAdminException>(watch.Judge);
    }
}
