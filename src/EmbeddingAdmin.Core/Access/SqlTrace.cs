using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>What a trial by SQL left behind: the three answers, and what was seen on the way to them.</summary>
/// <param name="Cells">The answers.</param>
internal sealed record SqlTrace(IReadOnlyList<AccessCell> Cells)
{
    /// <summary>The row that was tried; null when none was.</summary>
    public string? Key { get; init; }

    /// <summary>As whom a signed-in user came; null when nobody was signed in.</summary>
    public string? Subject { get; init; }

    /// <summary>How many rows the update reported; null when it was refused or not sent.</summary>
    public int? Rows { get; init; }

    /// <summary>The error that Postgres answered with, the last of them; null when there was none. Its words may quote a row: <see cref="DatabaseFaults.Words"/> knows which do not.</summary>
    public PostgresException? Refusal { get; init; }

    /// <summary>When the test vector was taken away from a row that was reported as changed; null when it was not, or that could not be seen.</summary>
    public TriggerTiming? LostTo { get; init; }

    /// <summary>Whether the identity could be tried at all and no such row was there.</summary>
    public bool NoRow { get; init; }

    /// <summary>Whether an update was sent, or refused before it could be.</summary>
    public bool Tried => Rows is not null || Refusal is not null;
}
