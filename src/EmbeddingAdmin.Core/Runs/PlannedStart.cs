using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>A run as it would be started now.</summary>
/// <param name="Target">Its table.</param>
/// <param name="Provider">What makes its vectors.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="Column">The id of the table's vector column.</param>
public sealed record PlannedStart(Target Target, EmbeddingProvider Provider, RunPlan Plan, int Column)
{
    /// <summary>What was asked for.</summary>
    public required StartRequest Request { get; init; }
}

/// <summary>How many rows a start would take, without a look at their texts.</summary>
/// <param name="Rows">The rows in scope; null when the table was too busy to be counted.</param>
/// <param name="Neighbours">What else their updates set off.</param>
public sealed record StartCount(long? Rows, WriteNeighbours Neighbours);

/// <summary>What somebody was shown of a start, and has confirmed by asking for it.</summary>
/// <param name="Rows">Rows in scope.</param>
/// <param name="Tokens">The tokens that their texts come to.</param>
/// <param name="AsOf">When they were counted.</param>
public sealed record Confirmation(long Rows, TokenEstimate Tokens, DateTimeOffset AsOf);
