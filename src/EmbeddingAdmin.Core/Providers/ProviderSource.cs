using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Providers;

/// <summary>The provider of the settings, once for each length of vector.</summary>
public sealed class ProviderSource(IOptions<EmbeddingOptions> options, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<int, Lazy<EmbeddingProvider>> _providers = new();

    /// <summary>The provider for columns of <paramref name="dimensions"/>.</summary>
    /// <exception cref="ProviderFault">The settings name no usable provider.</exception>
    public EmbeddingProvider For(int dimensions) =>
        _providers.GetOrAdd(dimensions, n => new Lazy<EmbeddingProvider>(() => EmbeddingProviders.Create(options.Value, n, clock))).Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var provider in _providers.Values.Where(p => p.IsValueCreated))
            provider.Value.Dispose();
    }
}
