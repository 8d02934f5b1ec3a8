namespace EmbeddingAdmin.Web.Components;

/// <summary>How grave a state is; the theme gives each its colour.</summary>
public enum Tone { Neutral, Active, Waiting, Good, Warning, Bad }

/// <summary>A state in word, icon and colour. The word alone says it; icon and colour only repeat it.</summary>
public sealed record StatusLook(string Word, string Icon, Tone Tone)
{
    /// <summary>The look of a run's status, by the status's name as the database spells it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No run has such a status.</exception>
    public static StatusLook OfRun(string status) => status switch
    {
        "enqueued" => new("Enqueued", "schedule", Tone.Neutral),
        "running" => new("Running", "play_circle", Tone.Active),
        "pausing" => new("Pausing", "hourglass_top", Tone.Waiting),
        "paused" => new("Paused", "pause_circle", Tone.Waiting),
        "cancelling" => new("Cancelling", "hourglass_top", Tone.Warning),
        "cancelled" => new("Cancelled", "cancel", Tone.Neutral),
        "interrupted" => new("Interrupted", "power_off", Tone.Warning),
        "errored" => new("Errored", "error", Tone.Bad),
        "succeeded" => new("Succeeded", "check_circle", Tone.Good),
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No run has such a status."),
    };

    /// <summary>The look of a run that waits for something and will go on by itself.</summary>
    public static StatusLook Waiting { get; } = new("Waiting", "hourglass_top", Tone.Waiting);
}
