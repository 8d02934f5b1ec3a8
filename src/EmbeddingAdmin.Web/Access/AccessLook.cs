using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Access;

/// <summary>A measured answer to "who can write?" in word and colour. The same answer is good news of one writer and bad news of another.</summary>
public static class AccessLook
{
    public static StatusLook Of(WriteProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return (probe.Writer, probe.Answer) switch
        {
            (_, WriteAnswer.NotMeasured) => new("Not measured", "help", Tone.Neutral),
            // Everybody on the internet has this key.
            (Writer.AnonymousKey, WriteAnswer.Yes) => new("Can write", "lock_open", Tone.Bad),
            (Writer.AnonymousKey, WriteAnswer.SilentlyNo) => new("Silently no", "visibility_off", Tone.Warning),
            (Writer.AnonymousKey, _) => new("No", "lock", Tone.Good),
            (_, WriteAnswer.Yes) => new("Can write", "check_circle", Tone.Good),
            (_, WriteAnswer.SilentlyNo) => new("Silently no", "visibility_off", Tone.Bad),
            _ => new("No", "block", Tone.Bad),
        };
    }

    /// <summary>Who was measured, in words.</summary>
    public static string Who(WriteProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return probe.Writer switch
        {
            Writer.DatabaseRole when probe.Name.Length > 0 => $"Database role {probe.Name}",
            Writer.DatabaseRole => "Database role",
            Writer.ServiceKey => "Service key",
            Writer.AnonymousKey => "Anonymous key",
            _ => throw new ArgumentOutOfRangeException(nameof(probe), probe.Writer, null),
        };
    }
}
