using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Verification;

/// <summary>What a verification that has ended says of its table, in one sentence with its numbers.</summary>
public static class VerifyVerdict
{
    private static readonly RowOutcome[] Fine = [RowOutcome.Written, RowOutcome.AlreadyCurrent, RowOutcome.EmptySource, RowOutcome.Deleted];

    /// <summary>The sentence; null while the run may still go on.</summary>
    public static string? Of(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var (run, receipt) = (snapshot.Run, snapshot.Receipt);
        return run.Status switch
        {
            RunStatus.Cancelled or RunStatus.Errored => $"It ended early: {Rows(receipt.Selected - receipt[RowOutcome.NotAttempted])} were read again. It says nothing of the others.",
            RunStatus.Succeeded when receipt.Selected == 0 => "There was nothing to verify: the table has no row.",
            RunStatus.Succeeded when run.Verdict == Verdict.Verified => Verified(receipt),
            RunStatus.Succeeded => Troubled(receipt),
            _ => null,
        };
    }

    /// <summary>An outcome in the word that stands behind a number of rows of a verification: "12 out of date".</summary>
    public static string Word(RowOutcome outcome) => outcome switch
    {
        RowOutcome.Written => "written",
        RowOutcome.AlreadyCurrent => "as claimed",
        RowOutcome.Changed => "out of date",
        RowOutcome.Deleted => "deleted meanwhile",
        RowOutcome.Blocked => "blocked",
        RowOutcome.Reverted => "lost or replaced",
        RowOutcome.EmptySource => "nothing to embed",
        RowOutcome.TooLong => "too long",
        RowOutcome.Failed => "faulty",
        RowOutcome.Unverified => "of unknown origin",
        RowOutcome.NotAttempted => "without a vector",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private static string Verified(Receipt receipt)
    {
        var sentence = receipt[RowOutcome.AlreadyCurrent] switch
        {
            0 => "No row in scope has text to embed",
            1 => "The one text has its vector: made from the text of now, unchanged since it was written, and whole",
            var texts => $"All {texts:N0} texts have their vector: made from the text of now, unchanged since it was written, and whole",
        };
        return $"{sentence}{Rest(receipt)}.";
    }

    private static string Troubled(Receipt receipt)
    {
        var good = receipt[RowOutcome.AlreadyCurrent];
        var troubles = Receipt.Outcomes.Except(Fine).Where(outcome => receipt[outcome] != 0).ToList();
        var bad = troubles.Sum(outcome => receipt[outcome]);
        var listed = string.Join(", ", troubles.Select(outcome => $"{receipt[outcome]:N0} {Word(outcome)}"));
        return $"{good:N0} of {good + bad:N0} texts have their vector as it is claimed; {bad:N0} {(bad == 1 ? "has" : "have")} not: {listed}{Rest(receipt)}.";
    }

    private static string Rest(Receipt receipt)
    {
        var empty = receipt[RowOutcome.EmptySource];
        var deleted = receipt[RowOutcome.Deleted];
        return (empty > 0 ? $"; {Rows(empty)} {(empty == 1 ? "has" : "have")} nothing to embed" : "")
            + (deleted > 0 ? $"; {Rows(deleted)} {(deleted == 1 ? "was" : "were")} deleted meanwhile" : "");
    }

    private static string Rows(long count) => count == 1 ? "1 row" : $"{count:N0} rows";
}
