using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Access;

/// <summary>A key, and what was measured of it, in word and colour.</summary>
public static class KeyLook
{
    public static StatusLook Of(KeyReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report switch
        {
            { Key: null } => new("Not set", "remove_circle_outline", Tone.Neutral),
            { Fault: not null } => new("Of no use", "cancel", Tone.Bad),
            { Refused: not null } => new("In force; a new one was not taken", "sync_problem", Tone.Warning),
            { Warnings.Count: > 0 } => new("In force", "check_circle", Tone.Warning),
            _ => new("In force", "check_circle", Tone.Good),
        };
    }

    /// <summary>What a key can do to a table, and the sentence that it rests on; null when nobody has looked.</summary>
    public static (StatusLook Look, string Sentence)? Can(AccessMatrix matrix, Identity identity)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentNullException.ThrowIfNull(identity);
        var cells = matrix.Cells.Where(cell => cell.Identity == identity).ToDictionary(cell => cell.Question);
        if (!cells.TryGetValue(AccessQuestion.Sees, out var sees) || !cells.TryGetValue(AccessQuestion.Changes, out var changes) || !cells.TryGetValue(AccessQuestion.Sticks, out var sticks))
            return null;
        // Everybody on the internet has the anonymous key: what is good of one key is bad of the other.
        var (writes, reads) = identity.ShouldWrite ? (Tone.Good, Tone.Bad) : (Tone.Bad, Tone.Good);
        return (sees.Answer, changes.Answer, sticks.Answer) switch
        {
            (_, AccessAnswer.NotMeasured, _) or (_, AccessAnswer.Yes, AccessAnswer.NotMeasured) =>
                (new(sees.Answer == AccessAnswer.Yes ? "Reads; writing was not measured" : "Not measured", "help", Tone.Neutral), changes.Answer == AccessAnswer.NotMeasured ? changes.Sentence : sticks.Sentence),
            (_, AccessAnswer.Yes, AccessAnswer.Yes) => (new("Writes", identity.ShouldWrite ? "check_circle" : "lock_open", writes), sticks.Sentence),
            (_, AccessAnswer.SilentlyNo, _) or (_, AccessAnswer.Yes, _) =>
                (new("Writes are dropped without an error", "visibility_off", identity.ShouldWrite ? Tone.Bad : Tone.Warning), changes.Answer == AccessAnswer.SilentlyNo ? changes.Sentence : sticks.Sentence),
            (AccessAnswer.Yes, _, _) => (new("Only reads", identity.ShouldWrite ? "block" : "lock", reads), changes.Sentence),
            _ => (new("Nothing", identity.ShouldWrite ? "block" : "lock", reads), sees.Sentence),
        };
    }
}
