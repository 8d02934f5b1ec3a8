using EmbeddingAdmin.Providers;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Rows;

/// <summary>Gives back exactly the vector that somebody has seen, for exactly the text that it was made from; to any other text it says no.</summary>
internal sealed class ShownVector(EmbeddedRow row) : IEmbeddingGenerator<string, Embedding<float>>
{
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var texts = values.ToList();
        if (texts is not [var text] || !string.Equals(text, row.Text, StringComparison.Ordinal))
            throw new ProviderFault(ProviderFaultKind.BadText, ErrorCodes.TextEdited, "The row's text was edited after its vector was shown. Nothing was written. Embed the row again.");
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>([new Embedding<float>(row.Vector)])
        {
            // The provider was asked and paid before the run; the run is where that is counted.
            Usage = new UsageDetails { InputTokenCount = row.Tokens, TotalTokenCount = row.Tokens },
        });
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
