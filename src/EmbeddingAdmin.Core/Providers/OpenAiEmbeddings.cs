using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// OpenAI's embeddings, or those of a server that speaks its API. One call is one request and one try: nothing is retried here.
/// Every failure is a <see cref="ProviderFault"/>, except cancellation by the caller's own token.
/// </summary>
public sealed class OpenAiEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The provider's name in the settings and in <see cref="EmbeddingModel.Provider"/>.</summary>
    public const string ProviderName = "openai";

    /// <summary>The model that is taken when the settings name none.</summary>
    public const string DefaultModel = "text-embedding-3-small";

    /// <summary>OpenAI's own address.</summary>
    public const string DefaultEndpoint = "https://api.openai.com/v1";

    /// <param name="options">The settings, already found valid.</param>
    /// <param name="dimensions">Length that every vector must have.</param>
    public OpenAiEmbeddings(EmbeddingOptions options, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = new Uri(options.Endpoint);
        Model = new EmbeddingModel(ProviderName, endpoint.Authority, options.Model ?? DefaultModel, dimensions);
    }

    /// <summary>What the vectors are made by.</summary>
    public EmbeddingModel Model { get; }

    /// <inheritdoc />
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException("Not yet.");

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null)
        => serviceKey is null && serviceType?.IsInstanceOfType(this) == true ? this : null;

    /// <inheritdoc />
    public void Dispose()
    {
    }

    internal static bool IsOpenAi(Uri endpoint)
        => endpoint.Host.EndsWith(".openai.com", StringComparison.OrdinalIgnoreCase);

    /// <summary>A pasted key often brings quotes, a line break or a byte order mark along.</summary>
    internal static string TrimKey(string? key) => key?.Trim(' ', '\t', '\r', '\n', '"', '\'', '\uFEFF') ?? "";
}
