using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// Vectors without a model, for trying the dashboard: signed feature hashing of words and character n-grams. Deterministic on every
/// machine, offline, any number of dimensions, unit length, never zero for a text that is not blank.
/// </summary>
public sealed class LocalEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The provider's name in the settings and in <see cref="EmbeddingModel.Provider"/>.</summary>
    public const string ProviderName = "local";

    /// <summary><see cref="EmbeddingModel.Host"/> of this provider.</summary>
    public const string Host = "in this process";

    /// <summary>Name and version of the features; another version makes vectors that must not be mixed with these.</summary>
    public const string ModelName = "feature-hashing-1";

    private readonly int _dimensions;

    /// <param name="dimensions">Length of every vector, at least 1.</param>
    public LocalEmbeddings(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        _dimensions = dimensions;
    }

    /// <inheritdoc />
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var vectors = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var text in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            vectors.Add(new Embedding<float>(FeatureHashing.Vector(text, _dimensions)) { ModelId = ModelName });
        }

        return Task.FromResult(vectors);
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null)
        => serviceKey is null && serviceType?.IsInstanceOfType(this) == true ? this : null;

    /// <inheritdoc />
    public void Dispose()
    {
    }
}
