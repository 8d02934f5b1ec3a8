using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Providers;

/// <summary>All that a run has to know about where its vectors come from. Made by <see cref="EmbeddingProviders.Create"/>.</summary>
public sealed class EmbeddingProvider : IDisposable
{
    /// <summary>What the vectors are made by.</summary>
    public required EmbeddingModel Model { get; init; }

    /// <summary>Turns texts into vectors, in the texts' order; every failure but cancellation is a <see cref="ProviderFault"/>.</summary>
    public required IEmbeddingGenerator<string, Embedding<float>> Generator { get; init; }

    /// <summary>How much fits into one request.</summary>
    public required BatchLimits Limits { get; init; }

    /// <summary>Requests in flight at most.</summary>
    public required int Concurrency { get; init; }

    /// <summary>The way there, which it shares with whatever else asks this host for this model; null for one in this process, which has no limits.</summary>
    public ProviderTraffic? Traffic { get; init; }

    /// <summary>Whether text leaves this process.</summary>
    public required bool SendsTextAway { get; init; }

    /// <summary>One sentence that tells an operator what this provider is and where the text goes.</summary>
    public required string Notice { get; init; }

    /// <summary>The fingerprint of the key that the next request carries; null when it carries none. It changes when another key is set.</summary>
    public string? KeyFingerprint => (Generator as OpenAiEmbeddings)?.KeyFingerprint;

    /// <inheritdoc />
    public void Dispose() => Generator.Dispose();
}
