using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Core.Tests.Writing;

public sealed class ReceiptTests
{
    [Fact]
    public void The_outcomes_are_the_eleven_that_are_promised_in_their_order() => Assert.Equal(
        ["written", "alreadyCurrent", "changed", "deleted", "blocked", "reverted", "emptySource", "tooLong", "failed", "unverified", "notAttempted"],
        Receipt.Empty.ToDictionary().Keys);

    [Theory]
    [InlineData(RowOutcome.Written, Verdict.Verified)]
    [InlineData(RowOutcome.AlreadyCurrent, Verdict.Verified)]
    [InlineData(RowOutcome.Deleted, Verdict.Verified)]
    [InlineData(RowOutcome.EmptySource, Verdict.Verified)]
    [InlineData(RowOutcome.Changed, Verdict.FinishedWithFailures)]
    [InlineData(RowOutcome.TooLong, Verdict.FinishedWithFailures)]
    [InlineData(RowOutcome.Failed, Verdict.FinishedWithFailures)]
    [InlineData(RowOutcome.Blocked, Verdict.NotVerified)]
    [InlineData(RowOutcome.Reverted, Verdict.NotVerified)]
    [InlineData(RowOutcome.Unverified, Verdict.NotVerified)]
    [InlineData(RowOutcome.NotAttempted, Verdict.NotVerified)]
    public void One_row_decides_the_verdict_of_a_thousand(RowOutcome outcome, Verdict verdict) =>
        Assert.Equal(verdict, Receipt.Empty.Add(RowOutcome.Written, 1000).Add(outcome).Verdict);

    [Fact]
    public void A_receipt_is_the_sum_of_its_pages()
    {
        var first = Receipt.Empty.Add(RowOutcome.Written, 10).Add(RowOutcome.Changed, 2);
        var taken = Receipt.Empty.Add(RowOutcome.Written, 2).Add(RowOutcome.Changed, -2);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 12), first + taken);
        Assert.Equal(12, (first + taken).Selected);
    }
}
