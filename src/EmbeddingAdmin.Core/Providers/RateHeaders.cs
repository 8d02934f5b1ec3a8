using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Providers;

/// <summary>What an answer says of one limit.</summary>
/// <param name="Limit">How much the provider allows; null when it did not say.</param>
/// <param name="Remaining">What was left of that when it took the request; null when it did not say.</param>
/// <param name="Reset">How long until all of it is there again; null when it did not say.</param>
internal sealed record RateHeader(long? Limit, long? Remaining, TimeSpan? Reset);

/// <summary>The headers <c>x-ratelimit-{limit,remaining,reset}-{requests,tokens}</c> of an answer.</summary>
/// <param name="Requests">Of requests; null when nothing was said.</param>
/// <param name="Tokens">Of tokens; null when nothing was said.</param>
internal sealed record RateHeaders(RateHeader? Requests, RateHeader? Tokens)
{
    private const string Property = "rate limits";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>Reads them; null when there are none that can be understood.</summary>
    /// <param name="header">The value of a header; null when it is not there.</param>
    public static RateHeaders? Read(Func<string, string?> header)
    {
        var (requests, tokens) = (Of("requests"), Of("tokens"));
        return requests is null && tokens is null ? null : new(requests, tokens);

        RateHeader? Of(string what)
        {
            var limit = Count(header($"x-ratelimit-limit-{what}"));
            // A limit of 0 is how some gateways say that they have none.
            var said = new RateHeader(limit is 0 ? null : limit, Count(header($"x-ratelimit-remaining-{what}")), Duration(header($"x-ratelimit-reset-{what}")));
            return said is { Limit: null, Remaining: null, Reset: null } || limit is 0 ? null : said;
        }
    }

    /// <summary>What came with these vectors; null when nothing did.</summary>
    public static RateHeaders? Of(GeneratedEmbeddings<Embedding<float>> made) => made.AdditionalProperties?.GetValueOrDefault(Property) as RateHeaders;

    /// <summary>Lays them beside the vectors.</summary>
    public static void Attach(GeneratedEmbeddings<Embedding<float>> made, RateHeaders? headers)
    {
        if (headers is not null)
            (made.AdditionalProperties ??= [])[Property] = headers;
    }

    /// <summary>A time such as <c>6ms</c>, <c>1m2s</c>, <c>1.5s</c> or <c>2h0m3s</c>, or bare seconds; null when it is none.</summary>
    internal static TimeSpan? Duration(string? text)
    {
        var rest = text.AsSpan().Trim();
        if (rest.Length == 0)
            return null;
        if (Number(rest) is { } seconds)
            return Time(seconds);
        var sum = 0d;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || Number(rest[..digits]) is not { } number)
                return null;
            rest = rest[digits..];
            var (unit, length) = rest switch
            {
                ['m', 's', ..] => (0.001, 2),
                ['u' or 'µ', 's', ..] => (0.000_001, 2),
                ['n', 's', ..] => (0.000_000_001, 2),
                ['d', ..] => (86_400, 1),
                ['h', ..] => (3600, 1),
                ['m', ..] => (60, 1),
                ['s', ..] => (1d, 1),
                _ => (0, 0),
            };
            if (length == 0)
                return null;
            sum += number * unit;
            rest = rest[length..];
        }

        return Time(sum);
    }

    private static long? Count(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var count) && count >= 0 ? count : null;

    private static double? Number(ReadOnlySpan<char> text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    // A year is more than any limit means, and still a TimeSpan.
    private static TimeSpan? Time(double seconds) => seconds <= 31_536_000 ? TimeSpan.FromSeconds(seconds) : null;
}
