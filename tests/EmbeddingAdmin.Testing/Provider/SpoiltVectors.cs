namespace EmbeddingAdmin.Testing.Provider;

/// <summary>Vectors that must not be stored. Played for texts with certain words they spoil those texts' vectors, else the last text's.</summary>
internal static class SpoiltVectors
{
    public static IReadOnlyList<Deviation> All { get; } =
    [
        Of(Misdeed.NotANumber, "nan", "NaN in a vector", "llama.cpp and others, for single texts; base64 carries it through the SDK."),
        Of(Misdeed.Infinite, "infinite", "∞ in a vector", "The same."),
        Of(Misdeed.NegativeInfinite, "negative-infinite", "-∞ in a vector", "The same."),
        Of(Misdeed.TooLargeNumber, "too-large-number", "1e39 among JSON numbers", "More than a float holds: the SDK makes ∞ of it."),
        Of(Misdeed.NullNumber, "null-number", "null among JSON numbers", "llama.cpp: a NaN that was written as JSON. The SDK throws."),
        Of(Misdeed.StringNumber, "string-number", "A string among JSON numbers", "Servers that write decimals. The SDK throws."),
        Of(Misdeed.LiteralNaN, "literal-nan", "NaN among JSON numbers, which is no JSON", "Python's own writer does so. The SDK throws."),
        Of(Misdeed.Zero, "zero", "A vector of zeros", "Servers that fail for a text and do not say so. It has no direction, so no search finds it."),
        Of(Misdeed.EmptyVector, "empty-vector", "[] as vector", "The SDK reports success and no dimensions."),
        Of(Misdeed.HalfTheDimensions, "half-dimensions", "Half the dimensions", "Another model behind the same name."),
        Of(Misdeed.Dimensions768, "dimensions-768", "768 dimensions", "A local model where OpenAI's was meant."),
        Of(Misdeed.Doubles, "doubles", "base64 of eight bytes a number", "Double length, and garbage."),
        Of(Misdeed.OddBytes, "odd-bytes", "base64 with a byte too few", "The SDK throws."),
        Of(Misdeed.NotBase64, "not-base64", "A string that is no base64", "The SDK throws."),
        Of(Misdeed.NotUnit, "not-unit", "A vector three times as long as it should be", "OpenAI's vectors have length 1; those of others may have any."),
    ];

    private static Deviation Of(Misdeed misdeed, string name, string does, string replays) => new(name, does, replays, new(Misdeed: misdeed));
}
