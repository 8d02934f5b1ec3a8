namespace EmbeddingAdmin.Access;

/// <summary>What is asked of an identity: a column of the access matrix.</summary>
public enum AccessQuestion
{
    /// <summary>Does it see the row?</summary>
    Sees,

    /// <summary>Does an update of the vector report the row as changed?</summary>
    Changes,

    /// <summary>Is the value in the row afterwards, read by a statement of the connection's own?</summary>
    Sticks,
}

/// <summary>What a measurement answered.</summary>
public enum AccessAnswer
{
    /// <summary>It was seen to be so.</summary>
    Yes,

    /// <summary>Refused, with an error.</summary>
    No,

    /// <summary>Answered with success, and it is not so.</summary>
    SilentlyNo,

    /// <summary>Not measured; the sentence says why.</summary>
    NotMeasured,
}

/// <summary>What an answer rests on.</summary>
/// <param name="Asked">The statement or request, without any key and any row's text; empty when nothing was asked.</param>
/// <param name="Answered">What came back.</param>
public sealed record Evidence(string Asked, string Answered)
{
    /// <summary>Nothing was asked.</summary>
    public static Evidence None { get; } = new("", "");
}

/// <summary>One measured answer.</summary>
/// <param name="Identity">Of whom.</param>
/// <param name="Question">To what.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Sentence">The same in words.</param>
/// <param name="Evidence">What it rests on.</param>
/// <param name="AsOf">When it was measured.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/> when the answer is a no whose reason is known, else null.</param>
public sealed record AccessCell(Identity Identity, AccessQuestion Question, AccessAnswer Answer, string Sentence, Evidence Evidence, DateTimeOffset AsOf, string? Code = null);
