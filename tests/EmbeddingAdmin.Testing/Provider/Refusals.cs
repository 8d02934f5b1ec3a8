namespace EmbeddingAdmin.Testing.Provider;

/// <summary>Refusals that a server means: of the account that asks, or of what is asked.</summary>
internal static class Refusals
{
    /// <summary>OpenAI's words for an empty text, which tell neither which nor why.</summary>
    public static readonly ScriptedAnswer InvalidInput = ScriptedAnswer.Error(400, "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.");

    private static readonly ScriptedAnswer Rate = ScriptedAnswer.Error(429, "Rate limit reached for $model on tokens per min (TPM). Please try again in 7s.", "rate_limit_exceeded", "tokens");

    public static IReadOnlyList<Deviation> OfTheAccount { get; } =
    [
        new("wrong-key-masked", "401, the key masked in the message", "OpenAI shows both ends of the key. What is left of it is still part of a secret.",
            ScriptedAnswer.Error(401, "Incorrect API key provided: $masked. You can find your API key at https://platform.openai.com/account/api-keys.", "invalid_api_key", "invalid_request_error")),
        new("wrong-key-quoted", "401, the whole key in the message", "Proxies quote the header as it came in.",
            new(401, """{"error":{"message":"Authentication Error, Invalid proxy server token passed. Received API Key = $key, Bearer $key","type":"auth_error","code":"401"}}""")),
        new("region", "403: the country is not supported", "OpenAI, of the address that asks; trying again changes nothing.",
            ScriptedAnswer.Error(403, "Country, region, or territory not supported", "unsupported_country_region_territory", "request_forbidden")),
        new("project", "403: the project is archived", "OpenAI, of the key's project, with a part of the key in the message.",
            ScriptedAnswer.Error(403, "Project of key $masked is archived.", "project_archived", "invalid_request_error")),
        new("no-model", "404: there is no such model", "OpenAI and Azure (there it is the deployment), also when a model is withdrawn in the middle of a run.",
            ScriptedAnswer.Error(404, "The model `$model` does not exist or you do not have access to it.", "model_not_found", "invalid_request_error")),
        new("quota", "429 insufficient_quota", "OpenAI's way to ask for money looks like a rate limit: trying again never helps.",
            ScriptedAnswer.Error(429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota")),
        new("credit", "429 credit_balance_exhausted, as type alone", "Prepaid accounts, since 2026.",
            new(429, """{"error":{"message":"Your credit balance is exhausted.","type":"credit_balance_exhausted","param":null,"code":null}}""")),
        new("payment", "402 with an empty object", "Gateways that ask for money by the status alone.", new(402, "{}")),
        new("rate-bare", "429, and not how long", "A server that gives no time is asked again by one's own back-off.", Rate),
        new("rate-ms", "429, retry-after-ms: 250 beside Retry-After: 1", "OpenAI and Azure: the finer header counts.", Rate.With("retry-after-ms", "250").With("Retry-After", "1")),
        new("rate-seconds", "429, Retry-After: 7", "Most servers.", Rate.With("Retry-After", "7")),
        new("rate-date", "429, Retry-After as a date in 90 seconds", "The other form that HTTP allows, from proxies.", Rate.With("Retry-After", "$date+90")),
        new("rate-day", "429, Retry-After: 86400", "Limits of a day: nobody waits so long in a request.", Rate.With("Retry-After", "86400")),
        new("rate-negative", "429, Retry-After: -5", "Seen, and to be ignored.", Rate.With("Retry-After", "-5")),
        new("rate-headers", "429, all x-ratelimit headers, 6ms and 1m2s", "OpenAI tells both limits, what is left of them, and when they are full again.",
            Rate.With("x-ratelimit-limit-requests", "3000").With("x-ratelimit-remaining-requests", "2999").With("x-ratelimit-reset-requests", "6ms")
                .With("x-ratelimit-limit-tokens", "1000000").With("x-ratelimit-remaining-tokens", "0").With("x-ratelimit-reset-tokens", "1m2s").With("Retry-After", "62")),
        new("rate-overloaded", "429: the model is overloaded", "Hugging Face's server when its queue is full; it gives no time.",
            new(429, """{"message":"Model is overloaded","code":429,"type":"overloaded"}""")),
    ];

    public static IReadOnlyList<Deviation> OfTheRequest { get; } =
    [
        new("too-long", "400: a text is longer than the model takes", "OpenAI; the whole request fails, and it is not said for which text.", ServerLimits.TooLong(9000, 8192, 400)),
        new("too-long-413", "413: a text has more than 512 tokens", "Hugging Face's server, unless it cuts texts.", ServerLimits.TooLong(600, 512, 413)),
        new("too-long-ollama", "400: the input exceeds the context", "Ollama since 0.13.5, which cut such texts before.",
            new(400, """{"error":{"message":"the input length exceeds the context length","type":"api_error","param":null,"code":null}}""")),
        new("invalid-input", "400: '$.input' is invalid", "OpenAI, for an empty text; the whole request fails, and it is not said for which text.", InvalidInput),
        new("quotes-text", "422 with the text in the answer", "Servers that validate with Pydantic quote what they were sent.",
            new(422, """{"detail":[{"type":"string_type","loc":["body","input",0],"msg":"Input should be a valid string: '$text'","input":"$text"}]}""")),
        new("dimensions", "400: the model takes no dimensions", "OpenAI, for text-embedding-ada-002.", ScriptedAnswer.Error(400, "This model does not support specifying dimensions.")),
        new("dimensions-minimum", "400: dimensions is less than the minimum", "OpenAI, for a number that no vector can have.", ScriptedAnswer.Error(400, "-42 is less than the minimum of 1 - 'dimensions'", param: "dimensions")),
        new("dimensions-matryoshka", "400: not a matryoshka model", "vLLM, for models whose vectors cannot be shortened.",
            new(400, """{"object":"error","message":"Model \"$model\" does not support matryoshka representation, changing output dimensions will lead to poor results.","type":"BadRequestError","param":null,"code":400}""")),
        new("no-base64", "400: base64 is not supported", "Older vLLM; the SDK asks for base64 and cannot be told not to.",
            new(400, """{"object":"error","message":"base64 encoding is not currently supported","type":"BadRequestError","param":null,"code":400}""")),
        new("max-tokens", "400 max_tokens_per_request", "OpenAI: a request has at most 300,000 tokens, by an estimate from its bytes.",
            ScriptedAnswer.Error(400, "Requested 453357 tokens, max 300000 tokens per request", "max_tokens_per_request")),
        new("too-many-inputs", "400: more than 2048 texts", "OpenAI.", ServerLimits.TooManyInputs(2049, 2048, 400)),
        new("too-many-inputs-422", "422: more than 32 texts", "Hugging Face's server, as it is set when nobody sets it.", ServerLimits.TooManyInputs(256, 32, 422)),
        new("too-many-inputs-413", "413: more than 32 texts", "Hugging Face's server, other versions.", ServerLimits.TooManyInputs(256, 32, 413)),
        new("too-large-html", "413 with HTML of nginx", "nginx takes 1 MB unless it is told otherwise.", Outages.Nginx(413, "413 Request Entity Too Large")),
        new("no-embeddings", "405 and nothing more", "An address that offers something else.", new(405, "")),
        new("redirect-302", "302 to another host", "Whoever follows it sends the key there.", new ScriptedAnswer(302, "").With("Location", "https://elsewhere.example/v1/embeddings")),
        new("redirect-307", "307 to another host", "The same, with the texts.", new ScriptedAnswer(307, "").With("Location", "https://elsewhere.example/v1/embeddings")),
    ];
}
