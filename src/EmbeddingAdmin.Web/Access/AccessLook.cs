using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Access;

/// <summary>A measured answer in word, icon and colour. The same answer is good news of one identity and bad news of another.</summary>
public static class AccessLook
{
    public static StatusLook Of(AccessCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return (cell.Identity.Kind, cell.Question, cell.Answer) switch
        {
            (_, _, AccessAnswer.NotMeasured) => new("Not measured", "help", Tone.Neutral),
            (IdentityKind.Connection or IdentityKind.ServiceRole, _, AccessAnswer.Yes) => new("Yes", "check_circle", Tone.Good),
            (IdentityKind.Connection or IdentityKind.ServiceRole, _, AccessAnswer.SilentlyNo) => new("Silently no", "visibility_off", Tone.Bad),
            (IdentityKind.Connection or IdentityKind.ServiceRole, _, _) => new("No", "block", Tone.Bad),
            // Who may read is the app's own business, and so is whether people change what is theirs.
            (_, AccessQuestion.Sees, AccessAnswer.Yes) => new("Yes", "visibility", Tone.Neutral),
            (_, AccessQuestion.Sees, AccessAnswer.SilentlyNo) => new("Silently no", "visibility_off", Tone.Neutral),
            (_, AccessQuestion.Sees, _) => new("No", "lock", Tone.Neutral),
            (IdentityKind.Owner, _, AccessAnswer.Yes) => new("Yes", "person", Tone.Neutral),
            // Everybody on the internet has the anonymous key, and anybody may sign up.
            (_, _, AccessAnswer.Yes) => new("Yes", "lock_open", Tone.Bad),
            (_, _, AccessAnswer.SilentlyNo) => new("Silently no", "visibility_off", Tone.Warning),
            _ => new("No", "lock", Tone.Good),
        };
    }

    /// <summary>The answer to "who can write?", where it stands without its question.</summary>
    public static StatusLook OfWriting(AccessCell cell) => Of(cell) is { Word: "Yes" } can ? can with { Word = "Can write" } : Of(cell);
}
