using System.Globalization;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Runs;

/// <summary>From when on a provider that asked for a long pause may be asked again: the sentence of a pause's reason, and the time in it.</summary>
public static partial class AskAgain
{
    private const string Format = "yyyy-MM-dd HH:mm:ss";

    /// <summary>The time that a reason names, to the second; null when it names none.</summary>
    public static DateTimeOffset? Read(string? reason) =>
        reason is not null && Named().Match(reason) is { Success: true } named
        && DateTimeOffset.TryParseExact(named.Groups["time"].ValueSpan, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var from)
            ? from
            : null;

    internal static string Sentence(DateTimeOffset from) => $"It may be asked again from {from.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture)} UTC on; resume the run then.";

    [GeneratedRegex(@"It may be asked again from (?<time>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) UTC on", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Named();
}
