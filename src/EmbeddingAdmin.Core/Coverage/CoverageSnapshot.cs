namespace EmbeddingAdmin.Coverage;

/// <summary>How much was embedded at one moment, as it is kept.</summary>
/// <param name="At">The moment of the count, by the database's clock.</param>
/// <param name="Run">The run after which it was taken; null for one that was taken by the clock.</param>
/// <param name="Total">Rows that count.</param>
/// <param name="Embedded">Rows with a vector.</param>
/// <param name="States">Rows by state; null where it was not computed.</param>
public sealed record CoverageSnapshot(DateTimeOffset At, long? Run, long Total, long Embedded, IReadOnlyDictionary<CoverageState, long?> States)
{
    /// <summary>Embedded ÷ rows with text, from 0 to 1; null when no row had text.</summary>
    public double? Share => Total - (States[CoverageState.EmptySource] ?? 0) is > 0 and var embeddable ? Math.Min(1, (double)Embedded / embeddable) : null;
}
