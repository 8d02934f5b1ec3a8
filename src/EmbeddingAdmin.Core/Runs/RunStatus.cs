using System.Text.Json;

namespace EmbeddingAdmin.Runs;

/// <summary>Where a run stands. A request (Pausing, Cancelling) is not the fact (Paused, Cancelled).</summary>
public enum RunStatus
{
    /// <summary>Asked for; no worker has it yet.</summary>
    Enqueued,
    /// <summary>A worker has it.</summary>
    Running,
    /// <summary>Somebody asked it to pause; the pages in hand are being ended.</summary>
    Pausing,
    /// <summary>It holds, and goes on when somebody resumes it.</summary>
    Paused,
    /// <summary>Somebody asked it to end; the pages in hand are being ended.</summary>
    Cancelling,
    /// <summary>It was ended by somebody. What was written stays.</summary>
    Cancelled,
    /// <summary>Its host stopped or died; it goes on by itself.</summary>
    Interrupted,
    /// <summary>Its last sweep found nothing left.</summary>
    Succeeded,
    /// <summary>It stopped on a fault; retry goes on from the cursor.</summary>
    Errored,
}

/// <summary>The named sets of statuses. Code asks these and compares no names.</summary>
public static class RunStatuses
{
    /// <summary>True while the run holds its column: it is neither succeeded, cancelled nor errored.</summary>
    public static bool IsActive(this RunStatus status) => status is not (RunStatus.Succeeded or RunStatus.Cancelled or RunStatus.Errored);

    /// <summary>True while a worker has, or should have, the run.</summary>
    public static bool IsWorking(this RunStatus status) => status is RunStatus.Running or RunStatus.Pausing or RunStatus.Cancelling;

    /// <summary>True when somebody asked the run to stop and it has not yet.</summary>
    public static bool IsStopping(this RunStatus status) => status is RunStatus.Pausing or RunStatus.Cancelling;

    /// <summary>True when the record will not change any more.</summary>
    public static bool IsFinal(this RunStatus status) => status is RunStatus.Succeeded or RunStatus.Cancelled;

    /// <summary>The status as the database and JSON spell it: lower case.</summary>
    public static string Name(this RunStatus status) => JsonNamingPolicy.CamelCase.ConvertName(status.ToString());

    /// <summary>The status of that name.</summary>
    public static RunStatus Parse(string name) => Enum.Parse<RunStatus>(name, ignoreCase: true);
}
