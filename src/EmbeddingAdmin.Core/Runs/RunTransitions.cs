namespace EmbeddingAdmin.Runs;

/// <summary>Every arrow that a run's status may take, with the sentence that says when. What is not here cannot happen.</summary>
public static class RunTransitions
{
    private static readonly Dictionary<(RunStatus From, RunStatus To), string> Arrows = new()
    {
        [(RunStatus.Enqueued, RunStatus.Running)] = "A worker takes the run.",
        [(RunStatus.Enqueued, RunStatus.Paused)] = "The operator changes their mind before a worker took it.",
        [(RunStatus.Enqueued, RunStatus.Cancelled)] = "The operator drops it before a worker took it.",
        [(RunStatus.Enqueued, RunStatus.Errored)] = "It cannot start.",

        [(RunStatus.Running, RunStatus.Pausing)] = "Somebody, or the run itself, asks for a pause.",
        [(RunStatus.Running, RunStatus.Cancelling)] = "Somebody asks for the end.",
        [(RunStatus.Running, RunStatus.Succeeded)] = "The last sweep over its scope found nothing left.",
        [(RunStatus.Running, RunStatus.Interrupted)] = "Its host stops, or its lease ran out.",
        [(RunStatus.Running, RunStatus.Errored)] = "The system failed, the run was blocked, or too many rows failed.",

        [(RunStatus.Pausing, RunStatus.Paused)] = "The pages in hand have ended.",
        [(RunStatus.Pausing, RunStatus.Cancelling)] = "The end is asked for while it is pausing.",
        [(RunStatus.Pausing, RunStatus.Succeeded)] = "It was through before the pause took hold.",
        [(RunStatus.Pausing, RunStatus.Errored)] = "A fault came before the pause took hold.",

        [(RunStatus.Paused, RunStatus.Enqueued)] = "Somebody resumes it.",
        [(RunStatus.Paused, RunStatus.Cancelled)] = "Somebody drops it.",

        [(RunStatus.Cancelling, RunStatus.Cancelled)] = "The pages in hand have ended.",
        [(RunStatus.Cancelling, RunStatus.Succeeded)] = "It was through before the end took hold.",
        [(RunStatus.Cancelling, RunStatus.Errored)] = "A fault came before the end took hold.",

        [(RunStatus.Interrupted, RunStatus.Enqueued)] = "It is taken up again by itself, here or elsewhere.",
        [(RunStatus.Interrupted, RunStatus.Paused)] = "Somebody holds it before it is taken up again.",
        [(RunStatus.Interrupted, RunStatus.Cancelled)] = "Somebody drops it before it is taken up again.",
        [(RunStatus.Interrupted, RunStatus.Errored)] = "It cannot be taken up again.",

        [(RunStatus.Errored, RunStatus.Enqueued)] = "Somebody retries it; it goes on from the cursor.",
    };

    /// <summary>Whether a run may go from one status to the other.</summary>
    public static bool Allows(RunStatus from, RunStatus to) => Arrows.ContainsKey((from, to));

    /// <summary>When this arrow is taken, in one sentence; null for an arrow that does not exist.</summary>
    public static string? When(RunStatus from, RunStatus to) => Arrows.GetValueOrDefault((from, to));
}
