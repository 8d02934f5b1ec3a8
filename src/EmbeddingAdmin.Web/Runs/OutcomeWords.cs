using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>An outcome in words, to stand behind a number: "40 nothing to embed".</summary>
/// <param name="Word">The word.</param>
/// <param name="Meaning">What it says of the row, in one sentence.</param>
/// <param name="Tone">How grave it is.</param>
public sealed record OutcomeWord(string Word, string Meaning, Tone Tone);

/// <summary>What the eleven outcomes mean. A verification finds where a backfill does, so the same outcome is another sentence there.</summary>
public static class OutcomeWords
{
    public static OutcomeWord Of(RunKind kind, RowOutcome outcome) => kind == RunKind.Backfill ? Backfilled(outcome) : Found(outcome);

    private static OutcomeWord Backfilled(RowOutcome outcome) => outcome switch
    {
        RowOutcome.Written => new("written", "The vector was stored, and read back after the commit.", Tone.Good),
        RowOutcome.AlreadyCurrent => new("already current", "The vector that belongs to this text was there.", Tone.Good),
        RowOutcome.Changed => new("edited meanwhile", "The text was edited between reading and writing; nothing was stored.", Tone.Warning),
        RowOutcome.Deleted => new("deleted meanwhile", "The row is gone.", Tone.Neutral),
        RowOutcome.Blocked => new("blocked", "The database took the statement, and the value is not in the row.", Tone.Bad),
        RowOutcome.Reverted => new("reverted", "The vector was stored, and is not there any more.", Tone.Bad),
        RowOutcome.EmptySource => new("nothing to embed", "The row has no text.", Tone.Neutral),
        RowOutcome.TooLong => new("too long", "The text is longer than the model takes; it is never cut.", Tone.Warning),
        RowOutcome.Failed => new("failed", "The provider or the database refused this row.", Tone.Bad),
        RowOutcome.Unverified => new("not read back", "The vector was committed, and has not been read back.", Tone.Warning),
        RowOutcome.NotAttempted => new("not attempted", "The run ended before the row's turn.", Tone.Warning),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private static OutcomeWord Found(RowOutcome outcome) => outcome switch
    {
        RowOutcome.Written => new(VerifyVerdict.Word(outcome), "A verification writes nothing.", Tone.Neutral),
        RowOutcome.AlreadyCurrent => new(VerifyVerdict.Word(outcome), "The vector is the one that was written for this text, and whole.", Tone.Good),
        RowOutcome.Changed => new(VerifyVerdict.Word(outcome), "The text or the settings changed since the vector was made.", Tone.Warning),
        RowOutcome.Deleted => new(VerifyVerdict.Word(outcome), "The row is gone.", Tone.Neutral),
        RowOutcome.Blocked => new(VerifyVerdict.Word(outcome), "A verification writes nothing that could be blocked.", Tone.Neutral),
        RowOutcome.Reverted => new(VerifyVerdict.Word(outcome), "A run wrote a vector, and the row holds none or another.", Tone.Bad),
        RowOutcome.EmptySource => new(VerifyVerdict.Word(outcome), "The row has no text.", Tone.Neutral),
        RowOutcome.TooLong => new(VerifyVerdict.Word(outcome), "A verification sends no text.", Tone.Neutral),
        RowOutcome.Failed => new(VerifyVerdict.Word(outcome), "The vector is zero, of wrong dimensions or length, the same as another text's, or not what the provider makes of the text now.", Tone.Bad),
        RowOutcome.Unverified => new(VerifyVerdict.Word(outcome), "There is a vector, and no run claims it.", Tone.Warning),
        RowOutcome.NotAttempted => new(VerifyVerdict.Word(outcome), "The row has text and no vector.", Tone.Warning),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };
}
