using System.Collections.Concurrent;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Providers;

/// <summary>The provider of the settings, once for each length of vector and model. Its key is looked up at each request; nothing else of it ever changes.</summary>
public sealed class ProviderSource(IOptionsMonitor<EmbeddingOptions> options, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<(int Dimensions, string? Model), Lazy<EmbeddingProvider>> _providers = new();
    private readonly ConcurrentDictionary<(string Host, string Model), ProviderTraffic> _traffic = new();

    /// <summary>How long a provider that does not answer is left alone. Counts for what was not used before.</summary>
    internal ProviderBreaks Breaks { get; set; } = ProviderBreaks.Default;

    /// <summary>How the requests to each model stand that was used since the start of this process.</summary>
    public IReadOnlyList<TrafficState> Traffic => [.. _traffic.Values.Select(traffic => traffic.State).OrderBy(state => state.Host, StringComparer.Ordinal).ThenBy(state => state.Model, StringComparer.Ordinal)];

    /// <summary>The provider for columns of <paramref name="dimensions"/>.</summary>
    /// <param name="dimensions">Length of the vectors, at least 1.</param>
    /// <param name="model">The model, where a table names its own; null takes that of the settings.</param>
    /// <exception cref="ProviderFault">The settings name no usable provider.</exception>
    public EmbeddingProvider For(int dimensions, string? model = null) =>
        _providers.GetOrAdd((dimensions, model), key => new Lazy<EmbeddingProvider>(() => EmbeddingProviders.Create(options.CurrentValue, key.Dimensions, clock, key.Model, () => options.CurrentValue.ApiKey, TrafficTo))).Value;

    /// <summary>The provider for a target's column.</summary>
    /// <exception cref="ProviderFault">The settings name no usable provider.</exception>
    public EmbeddingProvider For(Target target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return For(target.Dimensions, target.Table.Model);
    }

    /// <summary>The provider that is to fill a target's column.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.DimensionsDiffer"/>: it is known that it cannot; or the settings name no usable provider.</exception>
    public EmbeddingProvider ToFill(Target target)
    {
        ArgumentNullException.ThrowIfNull(target);
        const string NotDone = "No run was started and no text was sent.";
        EmbeddingProvider provider;
        try
        {
            provider = For(target);
        }
        catch (ProviderFault unusable)
        {
            throw new EmbeddingAdminException(unusable.Code, $"{unusable.Happened} {NotDone}", unusable);
        }

        if (options.CurrentValue.Dimensions is { } set && set != target.Dimensions)
            throw new EmbeddingAdminException(ErrorCodes.DimensionsDiffer, $"Embeddings:Dimensions is {set}, and {target.ColumnName} takes {target.Dimensions}. {NotDone} Leave the setting out: only a column without a size needs it.");
        if (provider.Model.Provider == OpenAiEmbeddings.ProviderName
            && EmbeddingModels.WhyUnfit(provider.Model.Model, target.Dimensions, OpenAiEmbeddings.AsksForDimensions(options.CurrentValue, provider.Model.Model)) is var (happened, toDo))
            throw new EmbeddingAdminException(ErrorCodes.DimensionsDiffer, $"{happened} {NotDone} {toDo}");
        return provider;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var provider in _providers.Values.Where(p => p.IsValueCreated))
            provider.Value.Dispose();
        foreach (var traffic in _traffic.Values)
            traffic.Dispose();
    }

    private ProviderTraffic TrafficTo(EmbeddingModel model) => _traffic.GetOrAdd((model.Host, model.Model), _ => new ProviderTraffic(model, options.CurrentValue, clock, Breaks));
}
