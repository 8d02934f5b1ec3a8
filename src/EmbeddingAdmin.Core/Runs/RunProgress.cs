using System.Text.Json;
using System.Text.Json.Serialization;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Runs;

/// <summary>How far a run is, as it is told to whoever watches. The ledger is the truth; this is its latest sum.</summary>
public sealed record RunProgress
{
    /// <summary>More ticks than a worker tells in half an hour: so many later it is certain that nothing newer was told by the worker before.</summary>
    internal const long Untold = 10_000;

    /// <summary>Counts up with every tick of a run, over pauses and restarts; of two progresses the one with the higher tick is the newer.</summary>
    public long Tick { get; init; }

    /// <summary>The sums of the ledger.</summary>
    [JsonConverter(typeof(ReceiptJson))]
    public Receipt Receipt { get; init; } = Receipt.Empty;

    /// <summary>Tokens that the provider charged so far.</summary>
    public long Tokens { get; init; }

    /// <summary>Rows per second over the last 30 s of running time; null when that is not known yet.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>Seconds that the run was running; pauses do not count.</summary>
    public double RunningSeconds { get; init; }

    /// <summary>What is being done: <c>counting</c>, <c>embedding</c>, <c>sweeping</c>, <c>reading back</c>; of a verification <c>comparing</c>, <c>looking again</c>, <c>comparing vectors</c>, <c>embedding a sample</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>Why the run waits without being paused, in words; null while it does not wait.</summary>
    public string? Waiting { get; init; }

    /// <summary>When the wait ends at the latest, or is looked at again; null when nobody knows.</summary>
    public DateTimeOffset? WaitingUntil { get; init; }

    /// <summary>No progress yet.</summary>
    public static RunProgress None { get; } = new();
}

/// <summary>A run and its progress, taken together.</summary>
/// <param name="Run">The record.</param>
/// <param name="Progress">How far it is.</param>
/// <param name="AsOf">When both were true.</param>
public sealed record RunSnapshot(Run Run, RunProgress Progress, DateTimeOffset AsOf)
{
    /// <summary>How long nothing may be heard of a worker before it is said.</summary>
    public static TimeSpan Silence { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may be pending before it can be forced.</summary>
    public static TimeSpan Pending { get; } = TimeSpan.FromSeconds(60);

    /// <summary>The last sign of the run's worker, by the same clock as <see cref="AsOf"/>; null when there is none.</summary>
    public DateTimeOffset? Heartbeat { get; init; }

    /// <summary>Since when nothing is heard of the worker that should have the run; null while all is well, or no worker should have it.</summary>
    public DateTimeOffset? SilentSince => Run.Status.IsWorking() && (Heartbeat ?? Run.ChangedAt) is var last && AsOf - last > Silence ? last : null;

    /// <summary>Whether a request can be forced: it is pending for long, and no worker is there to fulfil it.</summary>
    public bool MayBeForced => Run.Status.IsStopping() && AsOf - Run.ChangedAt > Pending && (Heartbeat is null || AsOf - Heartbeat > Silence);

    /// <summary>
    /// The run's receipt as it stands. In a run that ended before its scope did, the rows that it never came to are not attempted.
    /// </summary>
    public Receipt Receipt => Run.Status is RunStatus.Cancelled or RunStatus.Errored && Run.ScopeRows > Done
        ? Progress.Receipt.Add(RowOutcome.NotAttempted, Run.ScopeRows.Value - Done)
        : Progress.Receipt;

    /// <summary>Rows that the run has dealt with.</summary>
    public long Done => Progress.Receipt.Selected;

    /// <summary>
    /// Rows that came into scope while the run went on, less those that left it before their turn: what the run dealt with beyond what it
    /// began with. 0 until the scope was counted.
    /// </summary>
    public long Arrived => Run.ScopeRows is { } scope ? Math.Max(0, Done - scope) : 0;

    /// <summary>Rows that the run has to deal with: those at the start, or more when more came; null until counted.</summary>
    public long? Total => Run.ScopeRows is { } scope ? Math.Max(scope, Done) : null;

    /// <summary>Dealt with ÷ total, from 0 to 1; null when the total is not known.</summary>
    public double? Share => Total switch
    {
        null => null,
        0 => 1,
        { } total => Math.Clamp((double)Done / total, 0, 1),
    };

    /// <summary>Time left at the speed of now; null when that is not known.</summary>
    public TimeSpan? TimeLeft => Run.Status == RunStatus.Running && Progress is { RowsPerSecond: > 0 and { } speed } && Total is { } total
        ? TimeSpan.FromSeconds((total - Done) / speed)
        : null;

    /// <summary>What a worker tells of its own run: it is itself the sign that it is there.</summary>
    internal static RunSnapshot OfWorker(Run run, RunProgress progress, DateTimeOffset now) => new(run, progress, now) { Heartbeat = now };

    /// <summary>This snapshot with whatever is newer in <paramref name="other"/>; the same object when nothing is.</summary>
    public RunSnapshot With(RunSnapshot other)
    {
        var run = other.Run.Version > Run.Version ? other.Run : Run;
        var progress = other.Progress.Tick > Progress.Tick ? other.Progress : Progress;
        var (earlier, later) = other.AsOf < AsOf ? (other, this) : (this, other);
        var both = new RunSnapshot(run, progress, later.AsOf) { Heartbeat = later.Heartbeat ?? earlier.Heartbeat };
        // A worker that falls silent changes nothing: that is the news.
        return ReferenceEquals(run, Run) && ReferenceEquals(progress, Progress) && both.SilentSince is null == SilentSince is null && both.MayBeForced == MayBeForced ? this : both;
    }
}

/// <summary>Reads and writes a receipt as an object of counts by outcome.</summary>
internal sealed class ReceiptJson : JsonConverter<Receipt>
{
    public override Receipt Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var counts = JsonSerializer.Deserialize<Dictionary<string, long>>(ref reader, options) ?? [];
        return Receipt.Of([.. Receipt.Outcomes.Select(outcome => counts.GetValueOrDefault(Receipt.Name(outcome)))]);
    }

    public override void Write(Utf8JsonWriter writer, Receipt value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.ToDictionary(), options);
}
