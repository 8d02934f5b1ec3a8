namespace EmbeddingAdmin.Providers;

/// <summary>The settings of section <c>Embeddings</c>. Their faults are found by <see cref="EmbeddingOptionsValidator"/>.</summary>
public sealed class EmbeddingOptions
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Embeddings";

    /// <summary><c>local</c> (in this process, for trying the dashboard) or <c>openai</c> (OpenAI, or a server that speaks its API).</summary>
    public string Provider { get; set; } = LocalEmbeddings.ProviderName;

    /// <summary>
    /// The server that speaks OpenAI's API, by the name of an entry of <c>Profiles</c> in the settings: what stands there counts wherever this section
    /// says nothing itself. Null for OpenAI.
    /// </summary>
    public string? Profile { get; set; }

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

    /// <summary>The header that carries the key: <c>Authorization</c> (as a bearer token) or another, such as Azure's <c>api-key</c>.</summary>
    public string KeyHeader { get; set; } = OpenAiEmbeddings.BearerHeader;

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

    /// <summary>UTF-8 bytes of all texts of a request, 1 to 1,200,000.</summary>
    public int MaxRequestBytes { get; set; } = BatchLimits.OpenAiMaxBytes;

    /// <summary>Tokens of one text that the model takes, at least 1.</summary>
    public int MaxTextTokens { get; set; } = BatchLimits.OpenAiTextTokens;

    /// <summary>The longest text that is sent, in UTF-8 bytes; longer ones are reported as too long. Null takes four bytes for each of <see cref="MaxTextTokens"/>. See <see cref="BatchLimits.MaxTextBytes"/>.</summary>
    public int? MaxTextBytes { get; set; }

    /// <summary>
    /// Whether the server cuts a text that is too long for its model, and says nothing. Null means: every server but OpenAI's and Azure's may. Then a
    /// text that may be too long is sent alone, and what is charged for it tells.
    /// </summary>
    public bool? CutsLongTexts { get; set; }

    /// <summary>Whether the model promises vectors of length 1; others are refused then. Null means: OpenAI's models do.</summary>
    public bool? UnitLength { get; set; }

    /// <summary>How much fits into one request.</summary>
    internal BatchLimits Limits => new(
        BatchSize, MaxRequestBytes, MaxTextBytes ?? (int)Math.Min(MaxRequestBytes, (long)BatchLimits.TriedFor * MaxTextTokens), MayCut ? MaxTextTokens : int.MaxValue);

    /// <summary>Whether a text that is too long may come back as the vector of its beginning.</summary>
    internal bool MayCut => CutsLongTexts ?? !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var endpoint) && OpenAiEmbeddings.IsOpenAi(endpoint));

    /// <summary>The provider and model; never the key.</summary>
    public override string ToString() => $"{Provider} {Model}".TrimEnd();
}
