using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Providers;

/// <summary>What a provider asks, and what a probe of it came to, in words.</summary>
internal static class ProviderWords
{
    /// <summary>The state of a provider's probe in word, icon and colour.</summary>
    public static StatusLook Look(ProbeState state) => state switch
    {
        { Since: not null } => new("Under way", "hourglass_top", Tone.Active),
        { Last: null } => new("Never probed", "help", Tone.Neutral),
        { Last.Code: null, Last.Warnings.Count: > 0 } => new("Answers, with a warning", "warning", Tone.Warning),
        { Last.Code: null } => new("Answers", "check_circle", Tone.Good),
        { Last.Code: ErrorCodes.ProviderTimeout } => new("No answer in time", "timer_off", Tone.Bad),
        { Last.Code: ErrorCodes.ProviderUnreachable } => new("Not reached", "cloud_off", Tone.Bad),
        { Last.Code: ErrorCodes.RateLimited } => new("Asks to slow down", "speed", Tone.Warning),
        _ => new("Refused", "cancel", Tone.Bad),
    };

    /// <summary>The same in a sentence.</summary>
    public static string Outcome(ProbeReport report) => report switch
    {
        { Code: { } code } => $"It cannot be used as it is ({code}).",
        { Warnings.Count: > 0 } => "It answered, with a warning.",
        _ => "It answered.",
    };

    /// <summary>What it asks for tokens, and the day of which that is known.</summary>
    public static string Price(ProviderUse use) => use switch
    {
        { IsLocal: true } => "nothing, made in this process",
        { Price: { } price } => AMillion(price),
        _ => "unpriced; the settings (Prices) have none for it",
    };

    /// <summary>What the last probe cost.</summary>
    public static string Cost(ProbeState state) => state switch
    {
        { Last.Model.Provider: LocalEmbeddings.ProviderName } => "nothing, made in this process",
        { Price: null } => "unpriced",
        { Cost: { } cost, Price: { } price } => $"{Amount.Money(cost, price.Currency)}, at {AMillion(price)}",
        _ => "not known: no tokens were reported",
    };

    /// <summary>How long the answer took: <c>182 ms</c>.</summary>
    public static string Milliseconds(ProbeReport report) => $"{Amount.Of((long)Math.Ceiling(report.Latency.TotalMilliseconds))} ms";

    private static string AMillion(ModelPrice price) => $"{Amount.Money(price.PerMillionTokens, price.Currency)} for a million tokens, as of {price.AsOf:yyyy-MM-dd}";
}
