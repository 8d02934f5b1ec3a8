namespace EmbeddingAdmin.Providers;

/// <summary>What makes vectors comparable: two vectors may stand in one column only when all four agree.</summary>
/// <param name="Provider"><c>local</c> or <c>openai</c>.</param>
/// <param name="Host">Where the text goes: <c>in this process</c>, or the endpoint's host, with its port when it is not the scheme's own.</param>
/// <param name="Model">The model's name as the provider knows it.</param>
/// <param name="Dimensions">Length of every vector.</param>
public sealed record EmbeddingModel(string Provider, string Host, string Model, int Dimensions);
