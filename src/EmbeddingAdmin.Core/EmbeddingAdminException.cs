namespace EmbeddingAdmin;

/// <summary>A fault that an operator can act on: a stable code, and a sentence that says what happened, what was not done and what to do.</summary>
public sealed class EmbeddingAdminException(string code, string sentence, Exception? inner = null) : Exception(sentence, inner)
{
    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    public string Code { get; } = code;
}
