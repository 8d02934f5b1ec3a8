using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Providers;

/// <summary>The prices of the settings, by host and model.</summary>
public sealed class PriceList(IOptions<PriceOptions> options)
{
    private readonly FrozenDictionary<(string Host, string Model), ModelPrice> _prices =
        options.Value.Read().ToFrozenDictionary(price => PriceOptions.Key(price.Host, price.Model));

    /// <summary>The price of a model where it is asked; null for a model without a price. The local provider has none: it costs nothing.</summary>
    public ModelPrice? Find(EmbeddingModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _prices.GetValueOrDefault(PriceOptions.Key(model.Host, model.Model));
    }
}
