namespace EmbeddingAdmin.Providers;

/// <summary>The providers that the settings can name.</summary>
public static class EmbeddingProviders
{
    /// <summary>Makes the provider of the settings.</summary>
    /// <param name="options">The settings, already found valid.</param>
    /// <param name="dimensions">Length of the vectors: that of the column they are meant for; at least 1.</param>
    /// <param name="time">The clock.</param>
    /// <param name="model">The model, where a table names its own; null takes that of the settings. The local provider has only one.</param>
    /// <param name="key">The key as it is at each request; null takes that of the settings for all of them.</param>
    /// <param name="traffic">The way to a model that others may share; null makes one.</param>
    /// <exception cref="ProviderFault">The settings name no usable provider (<see cref="ProviderFaultKind.Credentials"/>).</exception>
    public static EmbeddingProvider Create(EmbeddingOptions options, int dimensions, TimeProvider time, string? model = null, Func<string?>? key = null, Func<EmbeddingModel, ProviderTraffic>? traffic = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        var problems = EmbeddingOptionsValidator.Problems(options);
        if (problems.Count > 0)
            throw new ProviderFault(ProviderFaultKind.Credentials, problems[0].Code, $"{problems[0].Setting}: {problems[0].Sentence}", notDone: "");

        return string.Equals(options.Provider, LocalEmbeddings.ProviderName, StringComparison.OrdinalIgnoreCase)
            ? Local(options, dimensions)
            : OpenAi(options, new OpenAiEmbeddings(options, dimensions, time, model, key), traffic ?? (made => new ProviderTraffic(made, options, time)));
    }

    private static EmbeddingProvider Local(EmbeddingOptions options, int dimensions) => new()
    {
        Model = new EmbeddingModel(LocalEmbeddings.ProviderName, LocalEmbeddings.Host, LocalEmbeddings.ModelName, dimensions),
        Generator = new LocalEmbeddings(dimensions),
        // In this process nothing but time bounds a text.
        Limits = new BatchLimits(options.BatchSize, MaxTextBytes: BatchLimits.OpenAiMaxBytes),
        Concurrency = options.Concurrency,
        SendsTextAway = false,
        Notice = "Vectors are made in this process from the words of the text, and no text is sent anywhere. "
            + "They are for trying the dashboard, not for search in production.",
    };

    private static EmbeddingProvider OpenAi(EmbeddingOptions options, OpenAiEmbeddings generator, Func<EmbeddingModel, ProviderTraffic> traffic) => new()
    {
        Model = generator.Model,
        Generator = generator,
        Limits = options.Limits,
        Concurrency = options.Concurrency,
        Traffic = traffic(generator.Model),
        SendsTextAway = true,
        Notice = $"The text of every row in scope is sent to {generator.Model.Host}.",
    };
}
