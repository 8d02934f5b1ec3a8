using System.Text.Json;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Runs;

/// <summary>What a run does.</summary>
public enum RunKind
{
    /// <summary>Makes and stores the vectors that are missing.</summary>
    Backfill,
    /// <summary>Re-reads every row and compares it with what is claimed of it.</summary>
    Verify,
}

/// <summary>One durable attempt to do a task on a table: the record of it, as of one version.</summary>
public sealed record Run
{
    /// <summary>Its number; "Run 42".</summary>
    public required long Id { get; init; }

    /// <summary>What it does.</summary>
    public required RunKind Kind { get; init; }

    /// <summary>The configured table's name.</summary>
    public required string Table { get; init; }

    /// <summary>The column's id; at most one writing run is active on it.</summary>
    public required int VectorColumn { get; init; }

    /// <summary>Where it stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Counts every change of the record; a command names the version that its sender saw.</summary>
    public required int Version { get; init; }

    /// <summary>Counts from 1 and goes up with each retry.</summary>
    public required int Attempt { get; init; }

    /// <summary>Who started it.</summary>
    public required string Actor { get; init; }

    /// <summary>What it was asked to do.</summary>
    public required RunPlan Plan { get; init; }

    /// <summary>The pace of now, in rows per second; null for as fast as it goes.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>One of <see cref="ErrorCodes"/> when the system changed the status, else null.</summary>
    public string? ReasonCode { get; init; }

    /// <summary>Why it stands where it stands, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>What it can say of itself; null until it has succeeded.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>Rows in scope when it began; null until they were counted.</summary>
    public long? ScopeRows { get; init; }

    /// <summary>When it was asked for, by the database's clock.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the status last changed.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>When a worker first took it.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it succeeded, was cancelled or errored.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The server as a worker last saw it, spelt as <see cref="Access.ServerIdentity"/> is; null until one took the run.</summary>
    public string? Server { get; init; }

    /// <summary>Whether it writes vectors.</summary>
    public bool Writes => Kind == RunKind.Backfill;

    /// <summary>The name of a kind or a verdict as the database and JSON spell it.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
