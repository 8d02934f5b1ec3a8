namespace EmbeddingAdmin.Testing.Provider;

/// <summary>Answers with status 200 that are no answers to the request.</summary>
internal static class SpoiltAnswers
{
    public static IReadOnlyList<Deviation> WithoutVectors { get; } =
    [
        new("error-in-200", "200 with an error inside", "Proxies that lose the status. The SDK reports success.", new(200, """{"error":{"message":"The upstream is overloaded","type":"server_error","code":null}}""")),
        new("html-200", "200 with the HTML of a sign-in page", "Company proxies and captive portals.",
            new(200, "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to go on</h1></body></html>", "text/html")),
        new("empty-200", "200 with an empty body", "Proxies that lose the answer.", new(200, "")),
        new("no-data", "No data in the answer", "The SDK reports success.", new(200, """{"object":"list","model":"$model","usage":{"prompt_tokens":5,"total_tokens":5}}""")),
        new("null-data", "data: null", "The SDK throws what no provider's fault looks like.", new(200, """{"object":"list","data":null,"model":"$model","usage":{"prompt_tokens":5,"total_tokens":5}}""")),
        new("empty-data", "data: []", "Servers that filter out what they cannot embed.", new(200, """{"object":"list","data":[],"model":"$model","usage":{"prompt_tokens":0,"total_tokens":0}}""")),
        new("huge", "50 MB, announced", "A server that answers with something else. It must not be read to its end.", new(Delivery: Delivery.Huge)),
        new("huge-unannounced", "50 MB, not announced", "The same, where only reading tells.", new(Delivery: Delivery.HugeUnannounced)),
    ];

    public static IReadOnlyList<Deviation> All { get; } =
    [
        Of(Misdeed.ReverseOrder, "reverse-order", "The vectors come in another order; the indices are right", "Nobody promises an order: the index counts."),
        Of(Misdeed.NoIndex, "no-index", "No vector has an index", "The SDK makes 0 of every index."),
        Of(Misdeed.RepeatedIndex, "repeated-index", "An index is there twice", "Two vectors for one text, and none for another."),
        Of(Misdeed.IndexTooLarge, "index-too-large", "An index is too large", "Servers that count from 1."),
        Of(Misdeed.NegativeIndex, "negative-index", "An index is -1", "The same, the other way."),
        Of(Misdeed.NullElement, "null-element", "null in the place of a vector", "The SDK hands null on."),
        Of(Misdeed.Fewer, "fewer", "A vector is missing", "Whoever pairs by place gives the rest the wrong ones."),
        Of(Misdeed.More, "more", "There is a vector too many", "The same."),
        Of(Misdeed.Floats, "floats", "JSON numbers instead of base64", "LiteLLM and LM Studio take no notice of the format that is asked for. Nothing is lost."),
        Of(Misdeed.NoUsage, "no-usage", "No usage", "Tokens are then not reported, and not 0."),
        Of(Misdeed.NoModel, "no-model-named", "No model", "Nobody can tell then whether it is still the same one."),
        Of(Misdeed.OtherModel, "other-model", "The answer names another model", "A name that points to another model from one day to the next."),
        Of(Misdeed.TextsCut, "texts-cut", "Every text is cut after 16 tokens without a word", "Ollama before 0.13.5 and Hugging Face's server with auto-truncate: only the usage tells."),
        Of(Misdeed.SameVectors, "same-vectors", "All texts get the same vector", "A server that lost its input."),
        Of(Misdeed.TwoSameVectors, "two-same-vectors", "Two texts get the same vector", "The same, for a part of the request."),
    ];

    private static Deviation Of(Misdeed misdeed, string name, string does, string replays) => new(name, does, replays, new(Misdeed: misdeed));
}
