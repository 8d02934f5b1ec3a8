namespace EmbeddingAdmin.Writing;

/// <summary>What a provider charged for a page of a run.</summary>
/// <param name="Tokens">Tokens that it reported.</param>
/// <param name="Bytes">UTF-8 bytes of the texts that it made vectors of.</param>
/// <param name="Cost">The tokens' price in the plan's currency, not rounded; null for a model without a price.</param>
public readonly record struct Charge(long Tokens, long Bytes, decimal? Cost)
{
    /// <summary>Nothing was sent.</summary>
    public static Charge None { get; }
}
