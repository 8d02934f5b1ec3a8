namespace EmbeddingAdmin.Runs;

/// <summary>What somebody may ask of a run.</summary>
public enum RunAction
{
    /// <summary>Hold it; the pages in hand are ended first.</summary>
    Pause,
    /// <summary>Go on.</summary>
    Resume,
    /// <summary>End it; what was written stays.</summary>
    Cancel,
    /// <summary>Go on after a fault, from the cursor.</summary>
    Retry,
    /// <summary>Fulfil a request whose worker is gone.</summary>
    Force,
}

/// <summary>Which actions a run offers. Buttons, terminal and store all ask here.</summary>
public static class RunActions
{
    /// <summary>The actions that this status allows, in the order in which they are shown; Force depends on more than the status.</summary>
    public static IReadOnlyList<RunAction> For(RunStatus status) =>
        [.. Enum.GetValues<RunAction>().Where(action => action != RunAction.Force && Target(action, status) is not null)];

    /// <summary>The actions that the run allows as it stands.</summary>
    public static IReadOnlyList<RunAction> For(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.MayBeForced ? [.. For(snapshot.Run.Status), RunAction.Force] : For(snapshot.Run.Status);
    }

    /// <summary>The status that <paramref name="action"/> leads to from <paramref name="from"/>; null when it is not allowed there.</summary>
    public static RunStatus? Target(RunAction action, RunStatus from)
    {
        RunStatus? to = (action, from) switch
        {
            (RunAction.Pause, RunStatus.Running) => RunStatus.Pausing,
            (RunAction.Pause, RunStatus.Enqueued or RunStatus.Interrupted) => RunStatus.Paused,
            (RunAction.Resume, RunStatus.Paused) => RunStatus.Enqueued,
            (RunAction.Cancel, RunStatus.Running or RunStatus.Pausing) => RunStatus.Cancelling,
            (RunAction.Cancel, RunStatus.Enqueued or RunStatus.Paused or RunStatus.Interrupted) => RunStatus.Cancelled,
            (RunAction.Retry, RunStatus.Errored) => RunStatus.Enqueued,
            (RunAction.Force, RunStatus.Pausing) => RunStatus.Paused,
            (RunAction.Force, RunStatus.Cancelling) => RunStatus.Cancelled,
            _ => null,
        };
        return to is { } status && RunTransitions.Allows(from, status) ? to : null;
    }
}
