using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using EmbeddingAdmin.Text;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Embeddings;
using SdkOptions = OpenAI.Embeddings.EmbeddingGenerationOptions;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// OpenAI's embeddings, or those of a server that speaks its API. One call is one request and one try: nothing is retried here.
/// Every failure is a <see cref="ProviderFault"/>, except cancellation by the caller's own token. An answer comes out whole and in the
/// texts' order, or as a fault, which keeps what may be stored of it.
/// </summary>
public sealed class OpenAiEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The provider's name in the settings and in <see cref="EmbeddingModel.Provider"/>.</summary>
    public const string ProviderName = "openai";

    /// <summary>The model that is taken when the settings name none.</summary>
    public const string DefaultModel = EmbeddingModels.Small;

    /// <summary>OpenAI's own address.</summary>
    public const string DefaultEndpoint = "https://api.openai.com/v1";

    /// <summary>The header that OpenAI takes the key in.</summary>
    public const string BearerHeader = "Authorization";

    private readonly HttpClient _http;
    private readonly EmbeddingClient _client;
    private readonly int? _sentDimensions;
    private readonly AnswerCheck _check;
    private readonly OpenAiFaults _faults;
    private readonly ProviderKey _key;

    /// <param name="options">The settings, already found valid.</param>
    /// <param name="dimensions">Length that every vector must have.</param>
    /// <param name="time">The clock that a <c>Retry-After</c> date is read by.</param>
    /// <param name="model">The model; null takes that of the settings.</param>
    /// <param name="key">The key as it is at each request; null takes that of the settings for all of them.</param>
    public OpenAiEmbeddings(EmbeddingOptions options, int dimensions, TimeProvider time, string? model = null, Func<string?>? key = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = new Uri(options.Endpoint);
        _key = new ProviderKey(key ?? (() => options.ApiKey));
        Model = new EmbeddingModel(ProviderName, endpoint.Authority, Named(model) ?? Named(options.Model) ?? DefaultModel, dimensions);
        _faults = new OpenAiFaults(Model, options.Timeout, _key.Scrub, time);
        // The SDK asks for base64 and takes JSON numbers as well; 32 bytes hold the longest of them.
        _http = NewHttp(endpoint, largestAnswer: (32L * options.BatchSize * dimensions) + (1 << 20));
        _check = new AnswerCheck(Model, _faults, options);
#pragma warning disable OPENAI001 // Called experimental, and the only way to a key in another header than Authorization.
        _client = new EmbeddingClient(Model.Model, Signed(options.KeyHeader, _key.Credential), new OpenAIClientOptions
        {
            Endpoint = endpoint,
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = options.Timeout,
            Transport = new HttpClientPipelineTransport(_http),
            EnableDistributedTracing = false,
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false },
        });
#pragma warning restore OPENAI001
        _sentDimensions = AsksForDimensions(options, Model.Model) ? dimensions : null;
    }

    /// <summary>What the vectors are made by.</summary>
    public EmbeddingModel Model { get; }

    /// <summary>The fingerprint of the key that the next request carries; null when it carries none.</summary>
    public string? KeyFingerprint => _key.Fingerprint;

    /// <summary>The vectors of the texts, in their order, with the tokens that the provider reported (no <c>Usage</c> when it reported none).</summary>
    /// <param name="values">The texts of one request.</param>
    /// <param name="options">Not used: model and dimensions belong to the generator.</param>
    /// <param name="cancellationToken">Ends the request at once.</param>
    /// <exception cref="ProviderFault">Everything that goes wrong, a time-out included.</exception>
    /// <exception cref="OperationCanceledException">Only by <paramref name="cancellationToken"/>.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values,
        Microsoft.Extensions.AI.EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var texts = values as IReadOnlyList<string> ?? [.. values];
        if (texts.Count == 0)
            return [];
        _key.Renew();
        try
        {
            // The SDK writes the texts into the options it is given: shared ones would send one request's texts with another.
            var result = await _client.GenerateEmbeddingsAsync(texts, new SdkOptions { Dimensions = _sentDimensions }, cancellationToken);
            var made = _check.Accept(result.Value, texts, result.GetRawResponse());
            RateHeaders.Attach(made, RateHeaders.Read(name => result.GetRawResponse().Headers.TryGetValue(name, out var value) ? value : null));
            return made;
        }
        // Not by the exception's type: a time-out is a TaskCanceledException, too.
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is not ProviderFault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
        catch (Exception exception) when (exception is not ProviderFault)
        {
            throw _faults.Of(exception, texts);
        }
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null)
        => serviceKey is null && serviceType?.IsInstanceOfType(this) == true ? this : null;

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    internal static bool IsOpenAi(Uri endpoint)
        => endpoint.Host.EndsWith(".openai.com", StringComparison.OrdinalIgnoreCase) || endpoint.Host.EndsWith(".openai.azure.com", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether requests for this model name the length that they want.</summary>
    internal static bool AsksForDimensions(EmbeddingOptions options, string model)
        => options.SendDimensions ?? model.StartsWith("text-embedding-3-", StringComparison.Ordinal);

    /// <summary>A pasted key often brings quotes, a line break or a byte order mark along.</summary>
    internal static string TrimKey(string? key) => key?.Trim(' ', '\t', '\r', '\n', '"', '\'', '\uFEFF') ?? "";

    private static string? Named(string? model) => string.IsNullOrWhiteSpace(model) ? null : model.Trim();

    private static ApiKeyAuthenticationPolicy Signed(string header, ApiKeyCredential key) => string.Equals(header, BearerHeader, StringComparison.OrdinalIgnoreCase)
        ? ApiKeyAuthenticationPolicy.CreateBearerAuthorizationPolicy(key)
        : ApiKeyAuthenticationPolicy.CreateHeaderApiKeyPolicy(key, header);

    private static HttpClient NewHttp(Uri endpoint, long largestAnswer)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !endpoint.IsLoopback,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            // Trace headers are nobody's business outside.
            ActivityHeadersPropagator = null,
        };
        return new HttpClient(new BoundedAnswers(largestAnswer) { InnerHandler = sockets }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Reads an answer no further than a bound, however long it says it is.</summary>
    private sealed class BoundedAnswers(long largest) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(largest, cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
