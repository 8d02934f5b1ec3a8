namespace EmbeddingAdmin.Web.Coverage;

/// <summary>The time that the chart shows, up to now.</summary>
/// <param name="Key">Its name in the address.</param>
/// <param name="Word">Its name on the page.</param>
/// <param name="Length">How long it is; null for all there is.</param>
public sealed record HistoryRange(string Key, string Word, TimeSpan? Length)
{
    /// <summary>All that can be chosen, the shortest first.</summary>
    public static IReadOnlyList<HistoryRange> All { get; } =
    [
        new("24h", "24 hours", TimeSpan.FromHours(24)), new("7d", "7 days", TimeSpan.FromDays(7)), new("30d", "30 days", TimeSpan.FromDays(30)),
        new("90d", "90 days", TimeSpan.FromDays(90)), new("1y", "a year", TimeSpan.FromDays(365)), new("all", "all", null),
    ];

    /// <summary>The one of that name; 7 days for any other.</summary>
    public static HistoryRange Of(string? key) => All.FirstOrDefault(range => range.Key == key) ?? All[1];

    /// <summary>When it begins; null for all there is.</summary>
    public DateTimeOffset? From(DateTimeOffset now) => Length is { } length ? now - length : null;
}
