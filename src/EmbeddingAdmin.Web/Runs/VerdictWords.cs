using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>What a run that has ended says of itself, in one sentence with its numbers.</summary>
public static class VerdictWords
{
    private static readonly RowOutcome[] Fine = [RowOutcome.Written, RowOutcome.AlreadyCurrent, RowOutcome.EmptySource, RowOutcome.Deleted];

    /// <summary>The sentence; null while the run may still go on.</summary>
    public static string? Of(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var (run, receipt) = (snapshot.Run, snapshot.Receipt);
        if (!run.Writes)
            return VerifyVerdict.Of(snapshot);
        return run.Status switch
        {
            RunStatus.Cancelled or RunStatus.Errored => Stopped(receipt),
            RunStatus.Succeeded when receipt.Selected == 0 => "There was nothing to do: no row was in scope.",
            RunStatus.Succeeded when run.Verdict == Verdict.Verified => Verified(receipt),
            RunStatus.Succeeded => Troubled(receipt),
            _ => null,
        };
    }

    private static string Verified(Receipt receipt)
    {
        var texts = receipt[RowOutcome.Written] + receipt[RowOutcome.AlreadyCurrent];
        var all = texts == 1 ? "The one text" : $"All {Amount.Of(texts)} texts";
        var have = texts == 1 ? "has its vector" : "have their vector";
        var sentence = (texts, receipt[RowOutcome.AlreadyCurrent]) switch
        {
            (0, _) => "No row in scope has text to embed",
            (_, 0) => $"{all} {have}, read back after the commit",
            (_, var current) => $"{all} {have}: {Amount.Of(receipt[RowOutcome.Written])} read back after the commit, {Amount.Of(current)} there before",
        };
        return $"{sentence}{Rest(receipt)}.";
    }

    private static string Troubled(Receipt receipt)
    {
        var good = receipt[RowOutcome.Written] + receipt[RowOutcome.AlreadyCurrent];
        var troubles = Receipt.Outcomes.Except(Fine).Where(outcome => receipt[outcome] != 0).ToList();
        var listed = string.Join(", ", troubles.Select(outcome => $"{Amount.Of(receipt[outcome])} {OutcomeWords.Of(RunKind.Backfill, outcome).Word}"));
        var bad = troubles.Sum(outcome => receipt[outcome]);
        var first = $"{Amount.Of(good)} of {Amount.Of(good + bad)} texts have their vector, read back after the commit";
        return $"{first}; {Amount.Of(bad)} {(bad == 1 ? "has" : "have")} not: {listed}{Rest(receipt)}.";
    }

    private static string Stopped(Receipt receipt) =>
        $"It ended early: {(receipt[RowOutcome.Written] == 1 ? "1 vector was" : $"{Amount.Of(receipt[RowOutcome.Written])} vectors were")} written and read back and stay; {Amount.Rows(receipt[RowOutcome.NotAttempted])} were not attempted.";

    private static string Rest(Receipt receipt)
    {
        var empty = receipt[RowOutcome.EmptySource];
        var deleted = receipt[RowOutcome.Deleted];
        return (empty > 0 ? $"; {Amount.Rows(empty)} {(empty == 1 ? "has" : "have")} nothing to embed" : "")
            + (deleted > 0 ? $"; {Amount.Rows(deleted)} {(deleted == 1 ? "was" : "were")} deleted meanwhile" : "");
    }
}
