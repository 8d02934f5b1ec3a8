namespace EmbeddingAdmin.Providers;

/// <summary>The settings of section <c>Embeddings</c>. Their faults are found by <see cref="EmbeddingOptionsValidator"/>.</summary>
public sealed class EmbeddingOptions
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Embeddings";

    /// <summary><c>local</c> (in this process, for trying the dashboard) or <c>openai</c> (OpenAI, or a server that speaks its API).</summary>
    public string Provider { get; set; } = LocalEmbeddings.ProviderName;

    /// <summary>The model; null takes the provider's default (<c>text-embedding-3-small</c> with openai).</summary>
    public string? Model { get; set; }

    /// <summary>Length of the vectors where the column does not say it itself; null takes the column's.</summary>
    public int? Dimensions { get; set; }

    /// <summary>
    /// Whether the request names its <c>dimensions</c>. Null means: only to <c>text-embedding-3-*</c>, because other models answer
    /// 400 to it.
    /// </summary>
    public bool? SendDimensions { get; set; }

    /// <summary>Base address of the API, with its <c>/v1</c>. Only https, except on this machine.</summary>
    public string Endpoint { get; set; } = OpenAiEmbeddings.DefaultEndpoint;

    /// <summary>The provider's key; white space and quotes around it are ignored. May be missing where <see cref="Endpoint"/> is not OpenAI's.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Texts per request at most, 1 to 2048.</summary>
    public int BatchSize { get; set; } = 256;

    /// <summary>Requests in flight at most, 1 to 32. It begins with up to 4, and goes up to this while that helps.</summary>
    public int Concurrency { get; set; } = 8;

    /// <summary>Requests per minute that are never exceeded, at least 1; null where only the provider's headers say so.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Tokens per minute that are never exceeded, at least 1; null where only the provider's headers say so.</summary>
    public int? TokensPerMinute { get; set; }

    /// <summary>How long one try of one request may take; more than 0, at most ten minutes.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest text that is sent, in UTF-8 bytes; longer ones are reported as too long. See <see cref="BatchLimits.MaxTextBytes"/>.</summary>
    public int MaxTextBytes { get; set; } = BatchLimits.DefaultMaxTextBytes;

    /// <summary>The provider and model; never the key.</summary>
    public override string ToString() => $"{Provider} {Model}".TrimEnd();
}
