namespace EmbeddingAdmin.Providers;

/// <summary>
/// How much fits into one request. OpenAI takes 2,048 texts, and about 300,000 tokens that its gate estimates as a quarter of the UTF-8
/// bytes (so 1,200,000 bytes); the default stays 100,000 below.
/// </summary>
/// <param name="MaxItems">Texts per request, 1 to 2,048.</param>
/// <param name="MaxBytes">UTF-8 bytes of all texts of a request.</param>
/// <param name="MaxTextBytes">
/// The longest text that is sent. Up to <see cref="CertainTextBytes"/> it fits for certain; above, it usually does (a token is about
/// four bytes of English), so it is tried, and the provider's refusal decides. Longer ones are never sent.
/// </param>
public sealed record BatchLimits(
    int MaxItems = BatchLimits.OpenAiMaxItems,
    int MaxBytes = BatchLimits.OpenAiMaxBytes,
    int MaxTextBytes = BatchLimits.DefaultMaxTextBytes)
{
    /// <summary>Texts per request that OpenAI takes.</summary>
    public const int OpenAiMaxItems = 2048;

    /// <summary>Bytes per request that OpenAI takes, with a margin.</summary>
    public const int OpenAiMaxBytes = 1_100_000;

    /// <summary>OpenAI's models take 8,191 tokens; their byte-level tokens are never shorter than a byte, so this many bytes always fit.</summary>
    public const int CertainTextBytes = 8191;

    /// <summary>What is tried at most unless a setting says otherwise.</summary>
    public const int DefaultMaxTextBytes = 4 * CertainTextBytes;
}
