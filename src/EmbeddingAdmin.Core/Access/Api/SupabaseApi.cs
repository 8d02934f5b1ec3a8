using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Api;

/// <summary>A page of keys.</summary>
/// <param name="Keys">The keys, in order.</param>
/// <param name="Total">How many keys there are in all; null on all pages but the first.</param>
public sealed record KeyPage(IReadOnlyList<string> Keys, long? Total);

/// <summary>Sends requests to a Supabase project's REST API. That no redirect is followed, and the bounds of time and size, are <paramref name="http"/>'s.</summary>
public sealed class SupabaseApi(HttpClient http, TimeProvider clock)
{
    /// <summary>As what every request is sent.</summary>
    public const string UserAgent = "EmbeddingAdmin/1";

    /// <summary>Sends a request. Trouble on the way is an answer with status 0.</summary>
    /// <exception cref="EmbeddingAdminException">The key is a signed-in user's token: it was not sent.</exception>
    public async Task<ApiAnswer> SendAsync(ApiRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (SupabaseKey.Read(request.Access.Key).Kind == KeyKind.UserSession)
            throw new EmbeddingAdminException(ErrorCodes.UserToken, "This is a signed-in user's token: the request would act as that user, and change nothing without a word. It was not sent. Use a key of the project.");
        using var message = Message(request);
        try
        {
            using var answer = await http.SendAsync(message, cancel);
            return await ApiAnswer.ReadAsync(answer, request.Access.Key, clock.GetUtcNow(), cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new() { Silence = $"The API did not answer within {http.Timeout.TotalSeconds:0.#} s" };
        }
        catch (HttpRequestException broken)
        {
            return new() { Silence = InWords(broken.HttpRequestError), MayHaveArrived = broken.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError) };
        }
    }

    /// <summary>
    /// The keys of all rows that a key sees, page by page. Neither a status nor a number of rows says that a page is the last one, since a server
    /// has a limit of its own: only an empty page does.
    /// </summary>
    /// <exception cref="EmbeddingAdminException">The API refused, or does not answer.</exception>
    public async IAsyncEnumerable<KeyPage> KeysAsync(Target target, ApiAccess access, [EnumeratorCancellation] CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        string? after = null;
        while (true)
        {
            var request = ApiRequest.Keys(target, after, access);
            var answer = await SendAsync(request, cancel);
            var meaning = ApiMeaning.Of(request, answer);
            if (meaning.Verdict is not (ApiVerdict.Read or ApiVerdict.Nothing))
                throw new EmbeddingAdminException(meaning.Code ?? ErrorCodes.NotTheApi, meaning.Sentence);
            if (answer.Values(target.KeyName) is not [.., var last] keys)
                yield break;
            yield return new(keys, answer.Total);
            after = last;
        }
    }

    private static HttpRequestMessage Message(ApiRequest request)
    {
        var message = new HttpRequestMessage(request.Method, new Uri($"{request.Access.Url.TrimEnd('/')}/rest/v1/{request.Path}"));
        if (request.Body is not null)
            message.Content = new StringContent(request.Body, Encoding.UTF8, "application/json");
        message.Headers.Add("apikey", request.Access.Key);
        // A legacy key is a token and is also sent as one; an sb_ key must not be. Row-level security follows this header.
        if (request.Access.Key.StartsWith("eyJ", StringComparison.Ordinal))
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", request.Access.Key);
        message.Headers.Add(request.Writes ? "Content-Profile" : "Accept-Profile", request.Schema);
        message.Headers.UserAgent.Add(ProductInfoHeaderValue.Parse(UserAgent));
        if (request.Singular)
            message.Headers.Accept.ParseAdd(ApiRequest.OneObject);
        if (request.Prefer is not null)
            message.Headers.Add("Prefer", request.Prefer);
        return message;
    }

    private static string InWords(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "The API does not answer: its host name is not known",
        HttpRequestError.ConnectionError => "The API does not answer: nobody listens there, or there is no way to it",
        HttpRequestError.SecureConnectionError => "The encrypted connection to the API could not be made or trusted",
        HttpRequestError.ConfigurationLimitExceeded => "The API's answer is larger than any can be, and was not read to its end",
        _ => $"The connection to the API broke ({error})",
    };
}
