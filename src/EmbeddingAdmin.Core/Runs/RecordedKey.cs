using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Sends a run's requests. When the provider's key is another than that of the request before, it first writes that down in the run's log, by
/// fingerprints: so nobody has to guess afterwards which of two keys was charged.
/// </summary>
internal sealed class RecordedKey(EmbeddingProvider provider, Run run, EventLog events) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly Lock _gate = new();
    private string? _key;
    private Task _recorded = Task.CompletedTask;

    /// <inheritdoc/>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (provider.KeyFingerprint is { } key)
            await RecordedAsync(key, cancellationToken);
        return await provider.Generator.GenerateAsync(values, options, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => provider.Generator.GetService(serviceType, serviceKey);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The provider is everybody's.
    }

    /// <summary>Ends when the log has the key; requests that are made at the same time wait for one entry.</summary>
    private Task RecordedAsync(string key, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_key != key)
                (_key, _recorded) = (key, RecordAsync(key, cancel));
            return _recorded;
        }
    }

    private async Task RecordAsync(string key, CancellationToken cancel)
    {
        var before = await events.LastKeyAsync(run.Id, cancel) ?? run.Plan.KeyFingerprint;
        if (before == key)
            return;
        var sentence = before is null
            ? $"The provider's key has the fingerprint {key}; requests from now on use it."
            : $"The provider's key changed from fingerprint {before} to {key}; requests from now on use the new one.";
        await events.RecordKeyAsync(run.Id, key, sentence, cancel);
    }
}
