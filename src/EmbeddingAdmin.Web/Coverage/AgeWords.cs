using System.Globalization;
using EmbeddingAdmin.Coverage;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>The ages of rows in words.</summary>
public static class AgeWords
{
    /// <summary>How long ago: "41 days ago", "5 hours ago", "3 years ago".</summary>
    public static string Ago(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => "just now",
        { TotalMinutes: < 2 } => "1 minute ago",
        { TotalHours: < 1 } => $"{(int)age.TotalMinutes} minutes ago",
        { TotalHours: < 2 } => "1 hour ago",
        { TotalHours: < 48 } => $"{(int)age.TotalHours} hours ago",
        { TotalDays: < 730 } => $"{(int)age.TotalDays} days ago",
        _ => $"{(int)(age.TotalDays / 365.25)} years ago",
    };

    /// <summary>A month's name: "Mar 2026".</summary>
    public static string Month(CoverageMonth month)
    {
        ArgumentNullException.ThrowIfNull(month);
        return month.Month is { } first ? first.ToString("MMM yyyy", CultureInfo.CurrentCulture) : "no date";
    }

    /// <summary>The age of the oldest row without a vector; null when nobody knows of one.</summary>
    public static string? Oldest(CoverageAge age)
    {
        ArgumentNullException.ThrowIfNull(age);
        return age.OldestMissing is { } made ? $"Of the rows with text and no vector, the oldest was made {Ago(age.AsOf - made)}." : null;
    }
}
