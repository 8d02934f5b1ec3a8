using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>Says what the settings say of the provider; of its key a fingerprint only. The provider itself is not asked: that costs.</summary>
internal static class ProviderChecks
{
    // Only the length of vectors that nobody makes here.
    private const int AnyDimensions = 1536;

    public static IReadOnlyList<Check> Of(EmbeddingOptions options, KeyReport key, TimeProvider clock)
    {
        try
        {
            using var provider = EmbeddingProviders.Create(options, options.Dimensions ?? AnyDimensions, clock);
            return
            [
                new(provider.SendsTextAway ? Mark.Fact : Mark.Note, "Provider", provider.Model.Provider, provider.Notice),
                new(Mark.Fact, "Model", provider.Model.Model),
                new(Mark.Fact, "Text goes to", provider.Model.Host),
                .. provider.SendsTextAway ? [Key(key)] : Array.Empty<Check>(),
            ];
        }
        catch (ProviderFault fault)
        {
            return [new(Mark.Wrong, "Provider", options.Provider, fault.Message, fault.Code)];
        }
    }

    private static Check Key(KeyReport report) => report is { Key: null, Refused: null }
        ? new(Mark.Fact, "Key", "none; this endpoint is asked without one")
        : ApiChecks.Of(report) with { What = "Key" };
}
