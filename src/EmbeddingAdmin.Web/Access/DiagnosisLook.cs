using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Access;

/// <summary>What was looked at for a diagnosis and what was found of it, in words and icons.</summary>
public static class DiagnosisLook
{
    public static StatusLook Of(Found found) => found switch
    {
        Found.Clear => new("Clear", "check_circle", Tone.Good),
        Found.Cause => new("The cause", "error", Tone.Bad),
        Found.Note => new("Worth knowing", "info", Tone.Active),
        Found.NotLooked => new("Not looked at", "remove", Tone.Neutral),
        _ => throw new ArgumentOutOfRangeException(nameof(found), found, null),
    };

    public static string Title(Suspect suspect) => suspect switch
    {
        Suspect.Database => "The database",
        Suspect.Grants => "Grants",
        Suspect.RowSecurity => "Row-level security",
        Suspect.Triggers => "Triggers and rules",
        Suspect.Shape => "The table and its column",
        Suspect.Timeout => "The time for a statement",
        Suspect.Row => "The row",
        _ => throw new ArgumentOutOfRangeException(nameof(suspect), suspect, null),
    };
}
