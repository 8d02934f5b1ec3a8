using EmbeddingAdmin.Coverage;

namespace EmbeddingAdmin.Rows;

/// <summary>An order in which somebody goes through a table's rows to look at some of them.</summary>
public enum SampleOrder
{
    /// <summary>Along the key.</summary>
    Key,
    /// <summary>Along the key, only rows in one state.</summary>
    State,
    /// <summary>All over the table, by chance; the same seed gives the same order.</summary>
    Random,
    /// <summary>From the row that was made first.</summary>
    Oldest,
    /// <summary>From the row that was made last.</summary>
    Newest,
    /// <summary>From the row with the most text.</summary>
    Longest,
    /// <summary>From the row with the least text.</summary>
    Shortest,
}

/// <summary>A way through a table's rows, whole enough to stand in an address: with a row it says which comes next.</summary>
/// <param name="Order">The order.</param>
/// <param name="State">The state, where <paramref name="Order"/> is <see cref="SampleOrder.State"/>.</param>
/// <param name="Seed">Which chance: of the random order, and of the sample of a large table.</param>
public sealed record SampleWalk(SampleOrder Order, CoverageState? State = null, int Seed = 0)
{
    /// <summary>Along the key.</summary>
    public static SampleWalk ByKey { get; } = new(SampleOrder.Key);
}

/// <summary>Where a step came to.</summary>
/// <param name="Key">The row's key; null when there is none, or none was found.</param>
/// <param name="Why">Why there is none, as a sentence; null when there is.</param>
/// <param name="Among">Of which rows it is the next, where that is not all of them, as a sentence; null when it is.</param>
public sealed record SampleStep(string? Key, string? Why, string? Among);
