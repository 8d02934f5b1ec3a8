namespace EmbeddingAdmin.Providers;

/// <summary>What a provider asks for a model's tokens, as it was on a day.</summary>
/// <param name="Host">The endpoint's host, with its port when it is not the scheme's own; as in <see cref="EmbeddingModel.Host"/>.</param>
/// <param name="Model">The model.</param>
/// <param name="PerMillionTokens">The price of 1,000,000 tokens, at least 0.</param>
/// <param name="Currency">Three letters, such as <c>USD</c>.</param>
/// <param name="AsOf">The day of which this is known.</param>
public sealed record ModelPrice(string Host, string Model, decimal PerMillionTokens, string Currency, DateOnly AsOf)
{
    /// <summary>What so many tokens cost, not rounded.</summary>
    public decimal Of(long tokens) => PerMillionTokens * tokens / 1_000_000m;
}
