namespace EmbeddingAdmin.Providers;

/// <summary>
/// How much fits into one request. OpenAI takes 2,048 texts, and about 300,000 tokens that its gate estimates as a quarter of the UTF-8
/// bytes (so 1,200,000 bytes); the default stays 100,000 below.
/// </summary>
/// <param name="MaxItems">Texts per request, 1 to 2,048.</param>
/// <param name="MaxBytes">UTF-8 bytes of all texts of a request.</param>
/// <param name="MaxTextBytes">
/// The longest text that is sent. Up to <see cref="OpenAiTextTokens"/> it fits for certain; above, it usually does (a token is about
/// four bytes of English), so it is tried, and the provider's refusal decides. Longer ones are never sent.
/// </param>
/// <param name="AloneAbove">
/// A text of more bytes than this gets a request of its own: the server may cut it without a word, and only what it charges for it alone tells.
/// </param>
public sealed record BatchLimits(
    int MaxItems = BatchLimits.OpenAiMaxItems,
    int MaxBytes = BatchLimits.OpenAiMaxBytes,
    int MaxTextBytes = BatchLimits.TriedFor * BatchLimits.OpenAiTextTokens,
    int AloneAbove = int.MaxValue)
{
    /// <summary>Texts per request that OpenAI takes.</summary>
    public const int OpenAiMaxItems = 2048;

    /// <summary>Bytes per request that OpenAI takes, with a margin.</summary>
    public const int OpenAiMaxBytes = 1_100_000;

    /// <summary>
    /// Tokens of one text that OpenAI's models take. Their byte-level tokens are never shorter than a byte, so a text of so many bytes always fits.
    /// </summary>
    public const int OpenAiTextTokens = 8191;

    /// <summary>Bytes for each token of the model's limit up to which a text is tried unless a setting says otherwise.</summary>
    public const int TriedFor = 4;
}
