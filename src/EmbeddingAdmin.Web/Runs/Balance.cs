using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>A receipt as a balance: what came in on one side, what became of it on the other.</summary>
public sealed record Balance
{
    public Balance(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        AtStart = snapshot.Run.ScopeRows;
        Selected = snapshot.Receipt.Selected;
        Joined = snapshot.Arrived;
        var rest = AtStart is { } scope ? Math.Max(0, scope - Selected) : 0;
        (Left, ToCome) = snapshot.Run.Status == RunStatus.Succeeded ? (rest, 0L) : (0L, rest);
    }

    /// <summary>Rows in scope when the run began; null until they were counted.</summary>
    public long? AtStart { get; }

    /// <summary>Rows that came into scope while it ran.</summary>
    public long Joined { get; }

    /// <summary>The sum of the eleven outcomes.</summary>
    public long Selected { get; }

    /// <summary>Rows whose turn is still to come.</summary>
    public long ToCome { get; }

    /// <summary>Rows that left the scope before their turn: somebody else embedded, emptied or deleted them.</summary>
    public long Left { get; }
}
