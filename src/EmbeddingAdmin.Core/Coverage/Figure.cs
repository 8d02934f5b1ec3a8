namespace EmbeddingAdmin.Coverage;

/// <summary>How a figure is known.</summary>
public enum Basis
{
    /// <summary>The database counted the rows in one statement: exact at its moment.</summary>
    Counted,

    /// <summary>The rows were looked at one after the other by the background scan: each exactly, and not all at the same moment.</summary>
    Scanned,

    /// <summary>The last count, and what our own runs have written since; what the app changed meanwhile is not in it.</summary>
    Counter,

    /// <summary>The rows without a vector were counted on the partial index for them; how many rows there are is from the statistics.</summary>
    Index,

    /// <summary>The database's own statistics, as old as its last ANALYZE.</summary>
    Statistics,
}

/// <summary>A number of rows, how it is known and of when it is.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Basis">How they are known.</param>
/// <param name="AsOf">By the database's clock: whatever was committed before is in it, when the figure is exact. Of a scan it is the scan's beginning.</param>
/// <param name="Until">The end of a scan; null for a figure of one moment.</param>
public sealed record Figure(long Rows, Basis Basis, DateTimeOffset AsOf, DateTimeOffset? Until = null)
{
    /// <summary>False for an estimate, which is shown with ≈.</summary>
    public bool IsExact => Basis is Basis.Counted or Basis.Scanned;
}
