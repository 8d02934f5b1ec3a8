using EmbeddingAdmin.Providers;
using static EmbeddingAdmin.Providers.ProviderFaultKind;

namespace EmbeddingAdmin.Core.Tests.Providers;

/// <summary>What one request to a provider with a deviation must end in.</summary>
/// <param name="Name">The deviation.</param>
/// <param name="Kind">What has to happen then; null when the answer is taken.</param>
/// <param name="Code">The code of the fault.</param>
/// <param name="Says">What the sentence holds.</param>
internal sealed record Verdict(string Name, ProviderFaultKind? Kind, string Code, params IReadOnlyList<string> Says)
{
    /// <summary>One for each deviation.</summary>
    public static IReadOnlyList<Verdict> All { get; } =
    [
        new("wrong-key-masked", Credentials, "EA-PRV-01", "refused the key (401 invalid_api_key", "Incorrect API key provided: ….", "Set a valid key in Embeddings:ApiKey"),
        new("wrong-key-quoted", Credentials, "EA-PRV-01", "refused the key", "Received API Key = …", "Set a valid key in Embeddings:ApiKey"),
        new("region", Credentials, "EA-PRV-02", "refused access", "Country, region, or territory not supported", "Allow the key's project this model and region"),
        new("project", Credentials, "EA-PRV-02", "Project of key … is archived", "Allow the key's project this model and region"),
        new("no-model", Credentials, "EA-PRV-03", "does not know the model text-embedding-3-small", "Check Embeddings:Model"),
        new("quota", Quota, "EA-PRV-05", "no quota or money left", "Top the account up"),
        new("credit", Quota, "EA-PRV-05", "no quota or money left", "Top the account up"),
        new("payment", Quota, "EA-PRV-05", "no quota or money left (402)", "Top the account up"),
        new("rate-bare", RateLimited, "EA-PRV-18", "asks to slow down"),
        new("rate-ms", RateLimited, "EA-PRV-18", "asks to slow down") { Wait = 0.25 },
        new("rate-seconds", RateLimited, "EA-PRV-18", "asks to slow down") { Wait = 7 },
        new("rate-date", RateLimited, "EA-PRV-18", "asks to slow down") { Wait = 90 },
        new("rate-day", RateLimited, "EA-PRV-18", "asks to slow down") { Wait = 86_400 },
        new("rate-negative", RateLimited, "EA-PRV-18", "asks to slow down"),
        new("rate-headers", RateLimited, "EA-PRV-18", "asks to slow down") { Wait = 62 },
        new("rate-overloaded", RateLimited, "EA-PRV-18", "asks to slow down", "Model is overloaded"),

        new("too-long", BadText, "EA-PRV-20", "A text is longer than text-embedding-3-small takes", "maximum context length is 8192 tokens"),
        new("too-long-413", BadText, "EA-PRV-20", "A text is longer than text-embedding-3-small takes (413", "must have less than 512 tokens"),
        new("too-long-ollama", BadText, "EA-PRV-20", "A text is longer than text-embedding-3-small takes"),
        new("invalid-input", BadText, "EA-PRV-21", "refused the request as invalid", "'$.input' is invalid"),
        new("quotes-text", BadText, "EA-PRV-21", "refused the request as invalid (422", "Input should be a valid string: '…"),
        new("dimensions", Credentials, "EA-PRV-04", "does not make vectors of 1536 dimensions", "Embeddings:SendDimensions"),
        new("dimensions-minimum", Credentials, "EA-PRV-04", "-42 is less than the minimum of 1", "Embeddings:SendDimensions"),
        new("dimensions-matryoshka", Credentials, "EA-PRV-04", "does not support matryoshka representation", "Embeddings:SendDimensions"),
        new("no-base64", Credentials, "EA-PRV-24", "does not send vectors as base64, which is how they are asked for (400 BadRequestError, ", "Update the server."),
        new("max-tokens", BadText, "EA-PRV-06", "found the request too large", "max 300000 tokens per request", "Lower Embeddings:BatchSize"),
        new("too-many-inputs", BadText, "EA-PRV-06", "takes fewer texts in a request (400", "maximum length 2048", "Lower Embeddings:BatchSize"),
        new("too-many-inputs-422", BadText, "EA-PRV-06", "takes fewer texts in a request (422 validation, ", "maximum allowed batch size 32", "Lower Embeddings:BatchSize"),
        new("too-many-inputs-413", BadText, "EA-PRV-06", "found the request too large (413", "maximum allowed batch size 32", "Lower Embeddings:BatchSize"),
        new("too-large-html", BadText, "EA-PRV-06", "(413, \"413 Request Entity Too Large 413 Request Entity Too Large nginx/1.25.3\")", "Lower Embeddings:BatchSize"),
        new("no-embeddings", Credentials, "EA-PRV-24", "offers no embeddings at this address (405)", "Check Embeddings:Endpoint"),
        new("redirect-302", Credentials, "EA-PRV-23", "redirected the request, which was not followed (302)", "Check Embeddings:Endpoint"),
        new("redirect-307", Credentials, "EA-PRV-23", "redirected the request, which was not followed (307)", "Check Embeddings:Endpoint"),

        new("http-500", Transient, "EA-PRV-19", "failed (500 server_error, \"The server had an error"),
        new("nan-500", Transient, "EA-PRV-19", "failed (500 api_error", "json: unsupported value: NaN"),
        new("not-implemented", Credentials, "EA-PRV-24", "offers no embeddings at this address (501)"),
        new("http-502", Transient, "EA-PRV-19", "failed (502, \"502 Bad Gateway 502 Bad Gateway nginx/1.25.3\")"),
        new("http-503", Transient, "EA-PRV-19", "failed (503 slow_down server_error", "Slow down."),
        new("http-503-later", Transient, "EA-PRV-19", "failed (503)") { Wait = 7 },
        new("http-504", Transient, "EA-PRV-19", "failed (504, \"504 Gateway Time-out"),
        new("http-520", Transient, "EA-PRV-19", "failed (520, \"520: Web server is returning an unknown error", "The key was \"…\""),
        new("http-522", Transient, "EA-PRV-19", "failed (522, \"522: Connection timed out Error code 522 Connection timed out"),
        new("http-524", Transient, "EA-PRV-19", "failed (524, \"524: A timeout occurred"),
        new("http-529", Transient, "EA-PRV-19", "failed (529 overloaded_error, \"Overloaded\")"),
        new("hang", Transient, "EA-PRV-16", "did not answer within 3 s"),
        new("drip", Transient, "EA-PRV-16", "did not answer within 3 s"),
        new("drop", Transient, "EA-PRV-17", "could not be reached, or broke the connection"),
        new("cut", Transient, "EA-PRV-17", "could not be reached, or broke the connection"),

        new("error-in-200", BadAnswer, "EA-PRV-07", "answered with success and an error inside, \"The upstream is overloaded\""),
        new("html-200", Transient, "EA-PRV-22", "nothing that can be read", "Check Embeddings:Endpoint"),
        new("empty-200", Transient, "EA-PRV-22", "nothing that can be read", "Check Embeddings:Endpoint"),
        new("no-data", BadAnswer, "EA-PRV-08", "3 texts were sent and 0 vectors came back"),
        new("null-data", BadAnswer, "EA-PRV-22", "not an answer to an embeddings request"),
        new("empty-data", BadAnswer, "EA-PRV-08", "3 texts were sent and 0 vectors came back"),
        new("huge", BadAnswer, "EA-PRV-14", "larger than any answer to this request can be"),
        new("huge-unannounced", BadAnswer, "EA-PRV-14", "larger than any answer to this request can be"),

        Taken("reverse-order"),
        new("no-index", BadAnswer, "EA-PRV-09", "which vector belongs to which text (index 0"),
        new("repeated-index", BadAnswer, "EA-PRV-09", "which vector belongs to which text (index 0"),
        new("index-too-large", BadAnswer, "EA-PRV-09", "which vector belongs to which text (index 3"),
        new("negative-index", BadAnswer, "EA-PRV-09", "which vector belongs to which text (index -1"),
        new("null-element", BadAnswer, "EA-PRV-08", "One place of the answer is empty"),
        new("fewer", BadAnswer, "EA-PRV-08", "3 texts were sent and 2 vectors came back"),
        new("more", BadAnswer, "EA-PRV-08", "3 texts were sent and 4 vectors came back"),
        Taken("floats"),
        Taken("no-usage"),
        Taken("no-model-named"),
        Taken("other-model"),
        Taken("texts-cut"),
        new("same-vectors", BadAnswer, "EA-PRV-25", "bit for bit, that of another text of the same request") { Refuses = [0, 1, 2] },
        new("two-same-vectors", BadAnswer, "EA-PRV-25", "bit for bit, that of another text of the same request (text 3 of 3)") { Refuses = [0, 2] },

        new("nan", BadAnswer, "EA-PRV-11", "NaN at position 3 of 1536") { Refuses = [2] },
        new("infinite", BadAnswer, "EA-PRV-11", "The vector holds Infinity at position 3 of 1536") { Refuses = [2] },
        new("negative-infinite", BadAnswer, "EA-PRV-11", "-Infinity at position 3 of 1536") { Refuses = [2] },
        new("too-large-number", BadAnswer, "EA-PRV-11", "Infinity at position 3 of 1536") { Refuses = [2] },
        new("null-number", BadAnswer, "EA-PRV-22", "not an answer to an embeddings request"),
        new("string-number", BadAnswer, "EA-PRV-22", "not an answer to an embeddings request"),
        new("literal-nan", Transient, "EA-PRV-22", "nothing that can be read"),
        new("zero", BadAnswer, "EA-PRV-12", "All 1536 numbers of the vector are 0") { Refuses = [2] },
        new("empty-vector", BadAnswer, "EA-PRV-10", "The vector has 0 dimensions; the column takes 1536") { Refuses = [2] },
        new("half-dimensions", BadAnswer, "EA-PRV-10", "The vector has 768 dimensions; the column takes 1536") { Refuses = [2] },
        new("dimensions-768", BadAnswer, "EA-PRV-10", "The vector has 768 dimensions; the column takes 1536") { Refuses = [2] },
        new("doubles", BadAnswer, "EA-PRV-10", "The vector has 3072 dimensions; the column takes 1536") { Refuses = [2] },
        new("odd-bytes", BadAnswer, "EA-PRV-22", "not an answer to an embeddings request"),
        new("not-base64", BadAnswer, "EA-PRV-22", "not an answer to an embeddings request"),
        new("not-unit", BadAnswer, "EA-PRV-13", "The vector's length is 3, although the model promises 1", "Embeddings:UnitLength") { Refuses = [2] },
    ];

    /// <summary>How long the provider asks to wait, in seconds.</summary>
    public double? Wait { get; init; }

    /// <summary>The texts whose vectors are refused, while the others may be stored; empty when the answer is refused as a whole.</summary>
    public IReadOnlyList<int> Refuses { get; init; } = [];

    private static Verdict Taken(string name) => new(name, null, "");
}
