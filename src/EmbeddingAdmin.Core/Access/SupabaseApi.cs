using System.Net.Http.Headers;
using System.Text;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Access;

/// <summary>What PostgREST answered to a PATCH.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentRange">The header, such as <c>*/*</c>; empty when there is none.</param>
/// <param name="Code">The <c>code</c> of an error body, such as <c>PGRST116</c> or <c>42501</c>.</param>
/// <param name="Body">The start of the body; only for judging, never shown or logged.</param>
public sealed record PatchAnswer(int Status, string ContentRange, string? Code, string Body);

/// <summary>The few requests to a Supabase project's REST API that this program makes.</summary>
public sealed class SupabaseApi(HttpClient http, IOptions<SupabaseOptions> options)
{
    private const int BodyShown = 2000;

    /// <summary>Sends an update of one row's vector.</summary>
    /// <param name="target">The table.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="vector">The vector as pgvector writes it, or null.</param>
    /// <param name="onlyWhereMissing">Whether the row is touched only while it has no vector.</param>
    /// <param name="apiKey">The key to act with.</param>
    /// <param name="strict">True asks for one row as an object, so that no row is an error; false sends what a script would send.</param>
    /// <param name="cancel">Ends the request.</param>
    public async Task<PatchAnswer> PatchAsync(Target target, string key, string? vector, bool onlyWhereMissing, string apiKey, bool strict, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(apiKey);
        var table = target.Table;
        var filter = $"{Uri.EscapeDataString(target.KeyName)}=eq.{Uri.EscapeDataString(key)}{(onlyWhereMissing ? $"&{Uri.EscapeDataString(table.Vector)}=is.null" : "")}";
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{options.Value.Url!.TrimEnd('/')}/rest/v1/{Uri.EscapeDataString(table.Table)}?{filter}&select={Uri.EscapeDataString(target.KeyName)}")
        {
            Content = new StringContent($$"""{"{{table.Vector}}":{{(vector is null ? "null" : $"\"{vector}\"")}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("apikey", apiKey);
        // A legacy key is a JWT and is also sent as one; an sb_ key must not be.
        if (apiKey.StartsWith("eyJ", StringComparison.Ordinal))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        request.Headers.Add("Content-Profile", table.Schema);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("EmbeddingAdmin", "1"));
        if (strict)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.pgrst.object+json"));
            request.Headers.Add("Prefer", "return=representation");
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        var body = await answer.Content.ReadAsStringAsync(cancel);
        return new PatchAnswer(
            (int)answer.StatusCode,
            answer.Content.Headers.TryGetValues("Content-Range", out var range) || answer.Headers.TryGetValues("Content-Range", out range) ? range.First() : "",
            CodeOf(body),
            body.Length > BodyShown ? body[..BodyShown] : body);
    }

    private static string? CodeOf(string body)
    {
        try
        {
            using var json = System.Text.Json.JsonDocument.Parse(body);
            return json.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object && json.RootElement.TryGetProperty("code", out var code) ? code.GetString() : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
