using System.Text.Json;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>A request as it came in.</summary>
/// <param name="Texts">The texts, in order.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="Dimensions">Length of the vectors to be made.</param>
/// <param name="NamesDimensions">Whether the request said so itself.</param>
/// <param name="Base64">Whether it asked for base64.</param>
/// <param name="Authorization">The header of that name.</param>
/// <param name="ApiKey">The header <c>api-key</c>, in which Azure takes the key.</param>
public sealed record EmbeddingsRequest(
    IReadOnlyList<string> Texts, string Model, int Dimensions, bool NamesDimensions, bool Base64, string Authorization, string ApiKey = "")
{
    /// <summary>The key that it carries; empty when it carries none.</summary>
    public string Key => Authorization.StartsWith("Bearer ", StringComparison.Ordinal) ? Authorization["Bearer ".Length..] : ApiKey;

    /// <summary>Length of the vectors of the models that are known; those of the small model for any other.</summary>
    private static int DimensionsOf(string model) => model is "text-embedding-3-large" ? 3072 : 1536;

    internal static async Task<EmbeddingsRequest> ReadAsync(HttpRequest request, CancellationToken token)
    {
        using var json = await JsonDocument.ParseAsync(request.Body, cancellationToken: token);
        var root = json.RootElement;
        var input = root.GetProperty("input");
        var model = root.GetProperty("model").GetString()!;
        var named = root.TryGetProperty("dimensions", out var dimensions);
        return new EmbeddingsRequest(
            input.ValueKind == JsonValueKind.String ? [input.GetString()!] : [.. input.EnumerateArray().Select(text => text.GetString()!)],
            model,
            named ? dimensions.GetInt32() : DimensionsOf(model),
            named,
            root.TryGetProperty("encoding_format", out var format) && format.ValueEquals("base64"),
            request.Headers.Authorization.ToString(),
            request.Headers["api-key"].ToString());
    }
}
