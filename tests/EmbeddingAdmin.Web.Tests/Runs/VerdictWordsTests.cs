using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class VerdictWordsTests
{
    [Fact]
    public void A_backfill_that_is_verified_says_of_how_many() => Assert.Equal(
        "All 4,960 texts have their vector, read back after the commit; 40 rows have nothing to embed.",
        Ended(RunKind.Backfill, (RowOutcome.Written, 4960), (RowOutcome.EmptySource, 40)));

    [Fact]
    public void What_was_there_before_is_not_called_written() => Assert.Equal(
        "All 4,960 texts have their vector: 4,900 read back after the commit, 60 there before; 1 row was deleted meanwhile.",
        Ended(RunKind.Backfill, (RowOutcome.Written, 4900), (RowOutcome.AlreadyCurrent, 60), (RowOutcome.Deleted, 1)));

    [Fact]
    public void A_verification_says_what_it_found_true() => Assert.Equal(
        "All 4,960 texts have their vector: made from the text of now, unchanged since it was written, and whole; 40 rows have nothing to embed.",
        Ended(RunKind.Verify, (RowOutcome.AlreadyCurrent, 4960), (RowOutcome.EmptySource, 40)));

    [Fact]
    public void Troubles_are_counted_and_named()
    {
        Assert.Equal(
            "4,950 of 4,960 texts have their vector, read back after the commit; 10 have not: 3 too long, 7 failed; 40 rows have nothing to embed.",
            Ended(RunKind.Backfill, (RowOutcome.Written, 4950), (RowOutcome.TooLong, 3), (RowOutcome.Failed, 7), (RowOutcome.EmptySource, 40)));
        Assert.Equal(
            "4,958 of 4,960 texts have their vector as it is claimed; 2 have not: 1 lost or replaced, 1 without a vector.",
            Ended(RunKind.Verify, (RowOutcome.AlreadyCurrent, 4958), (RowOutcome.Reverted, 1), (RowOutcome.NotAttempted, 1)));
    }

    [Fact]
    public void Nothing_in_scope_is_not_called_all()
    {
        Assert.Equal("There was nothing to do: no row was in scope.", Ended(RunKind.Backfill));
        Assert.Equal("No row in scope has text to embed; 40 rows have nothing to embed.", Ended(RunKind.Backfill, (RowOutcome.EmptySource, 40)));
    }

    [Fact]
    public void A_run_that_ended_early_says_what_stays_and_what_was_not_attempted() => Assert.Equal(
        "It ended early: 1,200 vectors were written and read back and stay; 3,800 rows were not attempted.",
        VerdictWords.Of(Sample.Snapshot(Sample.Run(RunStatus.Cancelled), (RowOutcome.Written, 1200))));

    [Fact]
    public void A_run_that_may_go_on_has_no_verdict() => Assert.All(
        Enum.GetValues<RunStatus>().Where(status => status.IsActive()), status => Assert.Null(VerdictWords.Of(Sample.Snapshot(Sample.Run(status)))));

    private static string? Ended(RunKind kind, params (RowOutcome Outcome, long Rows)[] counts)
    {
        var snapshot = Sample.Snapshot(Sample.Run(RunStatus.Succeeded, kind), counts);
        return VerdictWords.Of(snapshot with { Run = snapshot.Run with { Verdict = snapshot.Receipt.Verdict } });
    }
}
