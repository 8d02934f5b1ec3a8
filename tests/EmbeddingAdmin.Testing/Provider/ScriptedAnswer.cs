using System.Globalization;
using System.Text.Json;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>One answer in place of the usual one.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">
/// The body; null sends vectors, spoilt by <paramref name="Misdeed"/>. <c>$key</c>, <c>$masked</c>, <c>$model</c> and <c>$text</c> stand for
/// what came with the request: the key, its ends around stars, the model, the first text.
/// </param>
/// <param name="ContentType">Type of <paramref name="Body"/>.</param>
/// <param name="Headers">Further headers. <c>$date+90</c> stands for the date in 90 seconds.</param>
/// <param name="Misdeed">How the vectors are spoilt.</param>
/// <param name="Delivery">How it goes over the wire.</param>
public sealed record ScriptedAnswer(
    int Status = 200,
    string? Body = null,
    string ContentType = "application/json",
    IReadOnlyDictionary<string, string>? Headers = null,
    Misdeed Misdeed = Misdeed.None,
    Delivery Delivery = Delivery.Whole)
{
    private const string InSeconds = "$date+";

    /// <summary>An error as OpenAI writes it.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="message">The sentence.</param>
    /// <param name="code">The code, and the type where <paramref name="type"/> names none.</param>
    /// <param name="type">The type.</param>
    /// <param name="param">The parameter that is blamed.</param>
    public static ScriptedAnswer Error(int status, string message, string? code = null, string? type = null, string? param = null)
        => new(status, JsonSerializer.Serialize(new { error = new { message, type = type ?? code ?? "invalid_request_error", param, code } }));

    /// <summary>The same answer with a header more.</summary>
    public ScriptedAnswer With(string header, string value)
        => this with { Headers = new Dictionary<string, string>(Headers ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase) { [header] = value } };

    /// <summary>The body as it is sent to a request.</summary>
    internal string BodyFor(EmbeddingsRequest request)
    {
        var key = request.Key;
        return Body!
            .Replace("$key", key, StringComparison.Ordinal)
            .Replace("$masked", key.Length < 12 ? "****" : $"{key[..8]}****{key[^4..]}", StringComparison.Ordinal)
            .Replace("$model", Quoted(request.Model), StringComparison.Ordinal)
            .Replace("$text", Quoted(request.Texts.FirstOrDefault("")), StringComparison.Ordinal);
    }

    internal static string Header(string value, TimeProvider time) => value.StartsWith(InSeconds, StringComparison.Ordinal)
        ? time.GetUtcNow().AddSeconds(int.Parse(value[InSeconds.Length..], CultureInfo.InvariantCulture)).ToString("r", CultureInfo.InvariantCulture)
        : value;

    private static string Quoted(string text) => JsonEncodedText.Encode(text).ToString();
}
