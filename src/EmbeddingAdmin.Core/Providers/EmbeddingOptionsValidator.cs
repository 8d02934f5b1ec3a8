using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Providers;

/// <summary>Finds every fault of the section <c>Embeddings</c> at once, and names the key to set.</summary>
public sealed class EmbeddingOptionsValidator : IValidateOptions<EmbeddingOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, EmbeddingOptions options)
    {
        var problems = Problems(options);
        return problems.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(problems.Select(problem => problem.ToString()));
    }

    /// <summary>Every fault of the settings; empty when there is none.</summary>
    public static IReadOnlyList<SettingProblem> Problems(EmbeddingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = new List<SettingProblem>();
        Range("BatchSize", options.BatchSize, 1, BatchLimits.OpenAiMaxItems);
        Range("Concurrency", options.Concurrency, 1, 32);
        Range("MaxRequestBytes", options.MaxRequestBytes, 1, 1_200_000);
        Range("MaxTextTokens", options.MaxTextTokens, 1, 1_000_000);
        if (options.MaxTextBytes is { } longest)
            Range("MaxTextBytes", longest, 1, 1_200_000);
        if (options.Dimensions is { } dimensions)
            Range("Dimensions", dimensions, 1, 16_000);
        if (options.RequestsPerMinute is { } requests)
            Range("RequestsPerMinute", requests, 1, int.MaxValue);
        if (options.TokensPerMinute is { } tokens)
            Range("TokensPerMinute", tokens, 1, int.MaxValue);
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > TimeSpan.FromMinutes(10))
            problems.Add(new(ErrorCodes.OutOfRange, "Embeddings:Timeout", "It is not a time above 0 and at most 00:10:00. Set one, such as 00:01:00."));

        if (Is(OpenAiEmbeddings.ProviderName))
            problems.AddRange(OfOpenAi(options));
        else if (!Is(LocalEmbeddings.ProviderName))
            problems.Add(new(ErrorCodes.ProviderSettings, "Embeddings:Provider", "There is no provider of this name. Set local or openai."));
        return problems;

        bool Is(string provider) => string.Equals(options.Provider, provider, StringComparison.OrdinalIgnoreCase);

        void Range(string key, int value, int least, int most)
        {
            if (value < least || value > most)
                problems.Add(new(ErrorCodes.OutOfRange, $"Embeddings:{key}", $"It is not a whole number from {least} to {most}. Set one."));
        }
    }

    private static IEnumerable<SettingProblem> OfOpenAi(EmbeddingOptions options)
    {
        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("https" or "http"))
        {
            // A profile's own: a place for what only the operator knows.
            if (options.Endpoint.Contains('<', StringComparison.Ordinal))
            {
                yield return new(ErrorCodes.InsecureUrl, "Embeddings:Endpoint", $"The profile {options.Profile} leaves a place for your own name. Set the address as {options.Endpoint}.");
                yield break;
            }

            yield return new(ErrorCodes.InsecureUrl, "Embeddings:Endpoint", "It is not an address. Set one like https://api.openai.com/v1.");
            yield break;
        }

        if (endpoint.Scheme is "http" && !endpoint.IsLoopback)
            yield return new(ErrorCodes.InsecureUrl, "Embeddings:Endpoint", $"It would send texts and key to {endpoint.Host} unencrypted. Set an https address.");
        if (endpoint.UserInfo.Length > 0 || endpoint.Query.Length > 0)
            yield return new(ErrorCodes.SecretInUrl, "Embeddings:Endpoint", "It carries a user or a query. Set the bare address, and the key in Embeddings:ApiKey.");

        if (options.Profile is { Length: > 0 } profile && string.IsNullOrWhiteSpace(options.Model))
            yield return new(ErrorCodes.ProviderSettings, "Embeddings:Model", $"The profile {profile} names no model. Set the one that the server runs (with Azure the name of the deployment).");
        if (options.KeyHeader.Length == 0 || !options.KeyHeader.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            yield return new(ErrorCodes.ProviderSettings, "Embeddings:KeyHeader", "It is not the name of a header. Set Authorization, or api-key for Azure.");
        var key = OpenAiEmbeddings.TrimKey(options.ApiKey);
        if (key.Length == 0 && OpenAiEmbeddings.IsOpenAi(endpoint))
            yield return new(ErrorCodes.ProviderSettings, "Embeddings:ApiKey", "No key for OpenAI is set. Set it (in .env also as OPENAI_API_KEY).");
        if (OfKey(key) is { } malformed)
            yield return malformed;
    }

    /// <summary>What no key of any provider can have; null when it has nothing of that.</summary>
    internal static SettingProblem? OfKey(string key) => key.Any(c => c is <= ' ' or > '~')
        ? new(ErrorCodes.MalformedKey, "Embeddings:ApiKey", "It has a space, a line break or a non-ASCII character inside. Copy it again.")
        : null;
}
