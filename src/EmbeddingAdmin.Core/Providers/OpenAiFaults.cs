using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Security.Authentication;
using System.Text.Json;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// What each failure of an OpenAI-compatible server means. The code in the body decides before the status does: a 429 may ask for
/// patience or for money.
/// </summary>
internal sealed class OpenAiFaults(EmbeddingModel model, TimeSpan timeout, SecretScrub scrub, TimeProvider time)
{
    /// <summary>What an exception out of the SDK means.</summary>
    public ProviderFault Of(Exception exception, IReadOnlyList<string> texts) => exception switch
    {
        AggregateException { InnerExceptions: [.., var last] } => Of(last, texts),
        ClientResultException failed when failed.GetRawResponse() is { } response => OfStatus(response, texts),
        // Without an answer, it stands around what happened on the line.
        ClientResultException { InnerException: { } inner } => Of(inner, texts),
        OperationCanceledException => Fault(
            ProviderFaultKind.Transient, ErrorCodes.ProviderTimeout, $"{model.Host} did not answer within {timeout.TotalSeconds:0.#} s."),
        // Without the inner refusal it is a handshake that broke off, which may go better next time.
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException } => Fault(
            ProviderFaultKind.Credentials,
            ErrorCodes.UntrustedConnection,
            $"The encrypted connection to {model.Host} cannot be trusted (its certificate or protocol was refused).",
            "Check Embeddings:Endpoint, or install the authority that signed the certificate.",
            "No text was sent."),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => OfAnswer(
            ErrorCodes.AnswerTooLarge, "The answer is larger than any answer to this request can be, and was not read to its end."),
        HttpRequestException or IOException => Fault(
            ProviderFaultKind.Transient, ErrorCodes.ProviderUnreachable, $"{model.Host} could not be reached, or broke the connection ({Reason(exception)})."),
        // No JSON at all is what something on the way answers: a gateway's page, or nothing.
        JsonException => Fault(
            ProviderFaultKind.Transient, ErrorCodes.UnreadableAnswer, $"{model.Host} answered with success, and with nothing that can be read.", "Check Embeddings:Endpoint."),
        FormatException or InvalidOperationException or KeyNotFoundException => OfAnswer(
            ErrorCodes.UnreadableAnswer, "The answer is not an answer to an embeddings request.", toDo: "Check Embeddings:Endpoint."),
        _ => OfAnswer(ErrorCodes.UnreadableAnswer, $"The answer could not be read ({exception.GetType().Name})."),
    };

    /// <summary>The answer has another number of vectors than texts were sent; some servers hide an error so.</summary>
    public ProviderFault OfCount(int vectors, IReadOnlyList<string> texts, PipelineResponse response)
        => vectors == 0 && OpenAiError.Read(response.Content) is { } error
            ? OfAnswer(ErrorCodes.ErrorInAnswer, $"{model.Host} answered with success and an error inside{Said(error, texts)}.")
            : OfAnswer(ErrorCodes.WrongCount, $"{texts.Count} texts were sent and {vectors} vectors came back.");

    /// <summary>The answer must not be stored.</summary>
    /// <param name="code">Why, as a code.</param>
    /// <param name="sentence">Why, in words.</param>
    /// <param name="textIndex">The text whose vector it was.</param>
    /// <param name="toDo">What to do about it.</param>
    public static ProviderFault OfAnswer(string code, string sentence, int? textIndex = null, string toDo = "")
        => new(ProviderFaultKind.BadAnswer, code, sentence, toDo) { TextIndex = textIndex };

    /// <summary>Vectors of the answer must not be stored; the first of them is named.</summary>
    /// <param name="refused">Why, by the place of the text; not empty.</param>
    /// <param name="part">The whole answer.</param>
    public static ProviderFault OfPart(SortedDictionary<int, ProviderFault> refused, PartOfAnswer part)
    {
        var first = refused.First().Value;
        return new(first.Kind, first.Code, first.Happened, first.ToDo) { TextIndex = first.TextIndex, Part = part };
    }

    private ProviderFault OfStatus(PipelineResponse response, IReadOnlyList<string> texts)
    {
        var error = OpenAiError.Read(response.Content) ?? new OpenAiError("", "", "");
        var (kind, code, sentence) = Meaning(response.Status, error);
        // Some repeat the status as their code.
        var status = error.Code.StartsWith($"{response.Status}", StringComparison.Ordinal)
            ? scrub.Scrub(error.Code, [])
            : $"{response.Status} {scrub.Scrub(error.Code, [])}".TrimEnd();
        return new ProviderFault(kind, code, $"{sentence} ({status}{Said(error, texts)}).", Advice(code, error))
        {
            HttpStatus = response.Status,
            Rates = RateHeaders.Read(name => response.Headers.TryGetValue(name, out var value) ? value : null),
            RetryAfter = kind is ProviderFaultKind.RateLimited or ProviderFaultKind.Transient ? RetryAfter(response) : null,
        };
    }

    private (ProviderFaultKind Kind, string Code, string Sentence) Meaning(int status, OpenAiError error) => (status, error) switch
    {
        _ when error.Is("insufficient_quota", "credit_balance", "billing", "spend") || status == 402
            => (ProviderFaultKind.Quota, ErrorCodes.QuotaExhausted, $"The account at {model.Host} has no quota or money left"),
        (429, _) => (ProviderFaultKind.RateLimited, ErrorCodes.RateLimited, $"{model.Host} asks to slow down"),
        (401, _) => (ProviderFaultKind.Credentials, ErrorCodes.KeyRefused, $"{model.Host} refused the key"),
        _ when error.Is("invalid_api_key") => (ProviderFaultKind.Credentials, ErrorCodes.KeyRefused, $"{model.Host} refused the key"),
        (403, _) => (ProviderFaultKind.Credentials, ErrorCodes.AccessForbidden, $"{model.Host} refused access"),
        _ when status == 404 || error.Is("model_not_found")
            => (ProviderFaultKind.Credentials, ErrorCodes.ModelNotFound, $"{model.Host} does not know the model {model.Model}"),
        (>= 300 and < 400, _) => (ProviderFaultKind.Credentials, ErrorCodes.Redirected, $"{model.Host} redirected the request, which was not followed"),
        (405 or 501, _) => (ProviderFaultKind.Credentials, ErrorCodes.NotSupported, $"{model.Host} offers no embeddings at this address"),
        (408 or 409 or 425 or >= 500, _) => (ProviderFaultKind.Transient, ErrorCodes.ProviderFailed, $"{model.Host} failed"),
        // Before the status: some say 413 for one text that is too long.
        _ when error.Is("context_length") || error.Says("maximum context length") || error.Says("exceeds the context length") || error.Says("must have less than")
            => (ProviderFaultKind.BadText, ErrorCodes.TextTooLong, $"A text is longer than {model.Model} takes"),
        _ when status == 413 || error.Is("max_tokens_per_request")
            => (ProviderFaultKind.BadText, ErrorCodes.RequestTooLarge, $"{model.Host} found the request too large"),
        (400 or 422, _) when error.Is("array_above_max_length") || error.Says("batch size")
            => (ProviderFaultKind.BadText, ErrorCodes.RequestTooLarge, $"{model.Host} takes fewer texts in a request"),
        (400 or 422, _) when IsOfBase64(error)
            => (ProviderFaultKind.Credentials, ErrorCodes.NotSupported, $"{model.Host} does not send vectors as base64, which is how they are asked for"),
        (400 or 422, _) when error.Parameter is "dimensions" || error.Says("dimensions")
            => (ProviderFaultKind.Credentials, ErrorCodes.DimensionsNotSupported, $"{model.Model} does not make vectors of {model.Dimensions} dimensions"),
        _ => (ProviderFaultKind.BadText, ErrorCodes.TextRefused, $"{model.Host} refused the request as invalid"),
    };

    private static bool IsOfBase64(OpenAiError error) => (error.Says("base64") && error.Says("support")) || error.Parameter is "encoding_format";

    private static string Advice(string code, OpenAiError error) => code switch
    {
        ErrorCodes.KeyRefused => "Set a valid key in Embeddings:ApiKey. In a file of settings it counts from the next request on; anywhere else, start the program again.",
        ErrorCodes.AccessForbidden => "Allow the key's project this model and region.",
        ErrorCodes.ModelNotFound => "Check Embeddings:Model and Embeddings:Endpoint; a change counts from the next start of the program.",
        ErrorCodes.NotSupported when IsOfBase64(error) => "Update the server.",
        ErrorCodes.Redirected or ErrorCodes.NotSupported => "Check Embeddings:Endpoint; a change counts from the next start of the program.",
        ErrorCodes.DimensionsNotSupported => "Choose a model that fits the column, or set Embeddings:SendDimensions to false.",
        ErrorCodes.RequestTooLarge => "Lower Embeddings:BatchSize; a change counts from the next start of the program.",
        ErrorCodes.QuotaExhausted => "Top the account up, or raise its limit.",
        _ => "",
    };

    private string Said(OpenAiError error, IReadOnlyList<string> texts)
        => scrub.Scrub(error.Message, texts) is { Length: > 0 } message ? $", \"{message}\"" : "";

    private TimeSpan? RetryAfter(PipelineResponse response)
    {
        if (response.Headers.TryGetValue("retry-after-ms", out var milliseconds) && Number(milliseconds) is { } ms)
            return TimeSpan.FromMilliseconds(ms);
        if (!response.Headers.TryGetValue("Retry-After", out var after))
            return null;
        if (Number(after) is { } seconds)
            return TimeSpan.FromSeconds(seconds);
        return DateTimeOffset.TryParseExact(after, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)
            && until - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : null;
    }

    // A year is more than any server means, and still a TimeSpan.
    private static double? Number(string? text)
        => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 31_536_000
            ? number
            : null;

    private static string Reason(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        HttpRequestException { InnerException: HttpIOException inner } => Reason(inner),
        HttpIOException io => io.HttpRequestError.ToString(),
        _ => exception.GetType().Name,
    };

    private static ProviderFault Fault(ProviderFaultKind kind, string code, string happened, string toDo = "", string notDone = ProviderFault.NothingStored) => new(kind, code, happened, toDo, notDone);
}
