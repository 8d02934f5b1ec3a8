using System.Text;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>What a server takes in one request and in one minute. A text has a quarter as many tokens as bytes. Null is no limit.</summary>
public sealed record ServerLimits
{
    /// <summary>As OpenAI: 2048 texts, 300,000 tokens by the estimate of the bytes, 8191 tokens a text, no empty text.</summary>
    public static readonly ServerLimits OpenAi = new() { Inputs = 2048, RequestTokens = 300_000, TextTokens = 8191, RefusesEmpty = true };

    /// <summary>As Hugging Face's server is set when nobody sets it: 32 texts, 512 tokens a text.</summary>
    public static readonly ServerLimits Tei = new() { Inputs = 32, InputsStatus = 422, TextTokens = 512, TextStatus = 413 };

    /// <summary>As Ollama was before 0.13.5: what is beyond 2048 tokens of a text is cut without a word.</summary>
    public static readonly ServerLimits Ollama = new() { TextTokens = 2048, CutsTexts = true };

    /// <summary>Texts of a request.</summary>
    public int? Inputs { get; init; }

    /// <summary>The status for too many texts: 400 as OpenAI, 422 or 413 as others.</summary>
    public int InputsStatus { get; init; } = 400;

    /// <summary>Tokens of a request.</summary>
    public long? RequestTokens { get; init; }

    /// <summary>Tokens of a text.</summary>
    public int? TextTokens { get; init; }

    /// <summary>The status for a text that is too long.</summary>
    public int TextStatus { get; init; } = 400;

    /// <summary>Whether a text that is too long is cut and not refused.</summary>
    public bool CutsTexts { get; init; }

    /// <summary>Whether an empty text is refused.</summary>
    public bool RefusesEmpty { get; init; }

    /// <summary>Requests of a minute.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Tokens of a minute.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>In words, as on the page.</summary>
    public override string ToString()
    {
        List<string> told = [];
        Tell(Inputs, $"texts in a request ({InputsStatus})");
        Tell(RequestTokens, "tokens in a request");
        Tell(TextTokens, CutsTexts ? "tokens of a text, the rest is cut" : $"tokens in a text ({TextStatus})");
        Tell(RequestsPerMinute, "requests a minute");
        Tell(TokensPerMinute, "tokens a minute");
        if (RefusesEmpty)
            told.Add("no empty text");
        return told.Count == 0 ? "none" : string.Join(", ", told);

        void Tell(long? most, string of)
        {
            if (most is not null)
                told.Add($"{most:N0} {of}");
        }
    }

    /// <summary>The tokens that a text has for all limits: its UTF-8 bytes × 0.25.</summary>
    public static long TokensOf(IEnumerable<string> texts) => (texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text)) + 3) / 4;

    /// <summary>Why a request is refused for what it is; null when it is taken.</summary>
    internal ScriptedAnswer? Refusal(EmbeddingsRequest request)
    {
        var tokens = TokensOf(request.Texts);
        var longest = request.Texts.Select(EmbeddingsAnswer.Tokens).DefaultIfEmpty().Max();
        return request.Texts.Count > Inputs ? TooManyInputs(request.Texts.Count, Inputs.Value, InputsStatus)
            : RefusesEmpty && request.Texts.Any(text => text.Length == 0) ? Refusals.InvalidInput
            : !CutsTexts && longest > TextTokens ? TooLong(longest, TextTokens.Value, TextStatus)
            : tokens > RequestTokens ? ScriptedAnswer.Error(400, $"Requested {tokens} tokens, max {RequestTokens} tokens per request", "max_tokens_per_request")
            : null;
    }

    internal static ScriptedAnswer TooManyInputs(int texts, int most, int status) => status == 400
        ? ScriptedAnswer.Error(400, $"Invalid 'input': array too long. Expected an array with maximum length {most}, but got an array with length {texts} instead.", "array_above_max_length", "invalid_request_error", "input")
        : new(status, $$"""{"message":"batch size {{texts}} > maximum allowed batch size {{most}}","code":{{status}},"type":"validation"}""");

    internal static ScriptedAnswer TooLong(long tokens, int most, int status) => status == 400
        ? ScriptedAnswer.Error(400, $"This model's maximum context length is {most} tokens, however you requested {tokens} tokens ({tokens} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.")
        : new(status, $$"""{"message":"Input validation error: `inputs` must have less than {{most}} tokens. Given: {{tokens}}","code":{{status}},"type":"validation"}""");
}
