using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>What a run is and how it stands, in the words that an operator uses.</summary>
public static class RunWords
{
    public static string Kind(RunKind kind) => kind switch
    {
        RunKind.Backfill => "Backfill",
        RunKind.Verify => "Verification",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>"Backfill of stories".</summary>
    public static string Title(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return $"{Kind(run.Kind)} of {run.Table}";
    }

    /// <summary>The look of the status; a run that waits and will go on by itself looks as if it waited.</summary>
    public static StatusLook Look(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot is { Run.Status: RunStatus.Running, Progress.Waiting: not null } ? StatusLook.Waiting : StatusLook.OfRun(snapshot.Run.Status.Name());
    }

    /// <summary>Why the run stands where it stands.</summary>
    public static string Reason(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var (run, progress) = (snapshot.Run, snapshot.Progress);
        return run.Status switch
        {
            RunStatus.Running when progress.Waiting is { Length: > 0 } waiting => waiting,
            RunStatus.Running => Phase(run, progress.Phase),
            RunStatus.Pausing when snapshot.SilentSince is not null => "The pause was asked for, and its worker does not answer.",
            RunStatus.Cancelling when snapshot.SilentSince is not null => "The cancellation was asked for, and its worker does not answer.",
            RunStatus.Pausing => "Nothing new is begun; the pages in hand are being ended.",
            RunStatus.Cancelling => "Nothing new is begun; the pages in hand are being ended, and what was written stays.",
            _ when run.Reason is { Length: > 0 } reason => reason,
            RunStatus.Enqueued => "It waits for a worker.",
            RunStatus.Paused => "It holds until somebody resumes it.",
            RunStatus.Cancelled => "It was cancelled. What was written stays.",
            RunStatus.Interrupted => "Its host stopped. It goes on by itself.",
            RunStatus.Errored => "It stopped on a fault. What was written stays.",
            RunStatus.Succeeded => run.Writes ? "The last look over its scope found nothing left." : "Every row was read again.",
            _ => throw new ArgumentOutOfRangeException(nameof(snapshot), run.Status, null),
        };
    }

    /// <summary>What forcing a pending request does.</summary>
    public static string Force(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return $"The {(run.Status == RunStatus.Cancelling ? "cancellation" : "pause")} is pending for more than a minute, and no worker is there to carry it out. "
            + $"Force settles it: the run is {(run.Status == RunStatus.Cancelling ? "cancelled" : "paused")} at once, what was written stays, and its worker writes nothing any more, should it wake.";
    }

    /// <summary>How far the run is, in words.</summary>
    public static string Progress(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot switch
        {
            { Total: null, Run.Status: RunStatus.Enqueued } => "not begun",
            { Total: null, Run.Status: RunStatus.Running } => "counting the rows in scope",
            { Total: null } => "the rows in scope were not counted",
            { Total: 0 } => "no row in scope",
            { Total: { } total } => $"{Amount.Of(snapshot.Done)} of {Amount.Rows(total)} ({Amount.Percent(snapshot.Share!.Value)})",
        };
    }

    /// <summary>The time left: an estimate, or that it is unknown. Null for a run that goes nowhere any more.</summary>
    public static string? TimeLeft(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Run.Status.IsActive() ? snapshot.TimeLeft is { } left ? $"about {Amount.Time(left)}" : "unknown" : null;
    }

    public static StatusLook Look(Verdict verdict) => verdict switch
    {
        Verdict.Verified => new("Verified", "verified", Tone.Good),
        Verdict.FinishedWithFailures => new("Finished with failures", "rule", Tone.Warning),
        Verdict.NotVerified => new("Not verified", "gpp_maybe", Tone.Bad),
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };

    private static string Phase(Run run, string? phase) => phase switch
    {
        "counting" => "The rows in scope are being counted.",
        "embedding" => "Vectors are being made, written and read back.",
        "sweeping" => "The scope is gone through once more, until nothing is left in it.",
        "reading back" => "What was written before is being read back.",
        "looking again" => "What was found gone, and what was written just before, is looked at a second time.",
        "comparing vectors" => "Vectors that are equal though their texts differ are looked for.",
        "embedding a sample" => "The texts of a sample are embedded again, and the vectors compared.",
        "comparing" => "Every row is being read again and compared with what is claimed of it.",
        _ => run.Writes ? "A worker has it and is about to begin." : "A worker has it.",
    };
}
