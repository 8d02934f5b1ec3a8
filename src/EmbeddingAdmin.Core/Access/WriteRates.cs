namespace EmbeddingAdmin.Access;

/// <summary>How fast the database takes vectors, measured on one connection and rolled back.</summary>
/// <param name="With">Rows per second into the table with its indexes; null when it was not measured.</param>
/// <param name="Without">The same into a table without any; null when it was not measured.</param>
/// <param name="AsOf">When.</param>
public sealed record WriteRates(double? With, double? Without, DateTimeOffset AsOf)
{
    /// <summary>Whether <see cref="With"/> is no more than an upper bound: the time that was given for it ran out.</summary>
    public bool AtMost { get; init; }

    /// <summary>Why nothing was measured, as the end of a sentence; null when something was.</summary>
    public string? Why { get; init; }
}

/// <summary>How fast vectors will come to the database.</summary>
/// <param name="RowsPerSecond">Rows per second; null when nothing tells.</param>
/// <param name="Basis">What that is known from, or why it is not, in words.</param>
/// <param name="IsPace">Whether it is a pace that somebody has set, which nothing exceeds.</param>
public sealed record ExpectedSpeed(double? RowsPerSecond, string Basis, bool IsPace = false);
