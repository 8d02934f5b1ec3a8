namespace EmbeddingAdmin.Coverage;

/// <summary>How far a scan is.</summary>
/// <param name="BeganAt">When it began, by the database's clock.</param>
/// <param name="Looked">Rows that were looked at.</param>
/// <param name="Trouble">Why it does not get on, as a sentence; null when it does.</param>
public sealed record ScanProgress(DateTimeOffset BeganAt, long Looked, string? Trouble);

/// <summary>What the last scan found that went through.</summary>
/// <param name="BeganAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Counts">The rows by state.</param>
public sealed record ScanResult(DateTimeOffset BeganAt, DateTimeOffset EndedAt, IReadOnlyDictionary<CoverageState, long> Counts);

/// <summary>What is known of the scans of a column.</summary>
/// <param name="Progress">The one that is under way; null when none is.</param>
/// <param name="Result">What the last one found; null when none went through, or what it found means something else by now.</param>
/// <param name="Ripe">Whether a new one is due: none went through, the last one is old, or a run has written since.</param>
public sealed record ScanReport(ScanProgress? Progress, ScanResult? Result, bool Ripe);
