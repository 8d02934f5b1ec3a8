namespace EmbeddingAdmin.Access;

/// <summary>Whose right to write was measured.</summary>
public enum Writer
{
    /// <summary>The role of the database connection.</summary>
    DatabaseRole,
    /// <summary>The API with the service key.</summary>
    ServiceKey,
    /// <summary>The API with the anonymous (publishable) key.</summary>
    AnonymousKey,
}

/// <summary>What a measurement answered.</summary>
public enum WriteAnswer
{
    /// <summary>The change was seen in the row.</summary>
    Yes,
    /// <summary>Refused, with an error.</summary>
    No,
    /// <summary>Answered with success, and nothing changed.</summary>
    SilentlyNo,
    /// <summary>Not measured; the sentence says why.</summary>
    NotMeasured,
}

/// <summary>One measured answer to "who can write?".</summary>
/// <param name="Writer">Who.</param>
/// <param name="Name">Their name: the role, or the key's kind. Never a key.</param>
/// <param name="Answer">What was measured.</param>
/// <param name="Sentence">The answer in words.</param>
/// <param name="Evidence">What was asked and what came back.</param>
/// <param name="AsOf">When.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/> when the answer is a no whose reason is known, else null.</param>
public sealed record WriteProbe(Writer Writer, string Name, WriteAnswer Answer, string Sentence, string Evidence, DateTimeOffset AsOf, string? Code = null);
