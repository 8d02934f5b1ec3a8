namespace EmbeddingAdmin.Writing;

/// <summary>How one row of a run ended. The set is closed, and a row ends in exactly one.</summary>
public enum RowOutcome
{
    /// <summary>The vector was stored and read back after the commit.</summary>
    Written,
    /// <summary>There was nothing to do: the vector that belongs to this text is there.</summary>
    AlreadyCurrent,
    /// <summary>The text was edited between reading and writing; nothing was stored.</summary>
    Changed,
    /// <summary>The row was deleted meanwhile.</summary>
    Deleted,
    /// <summary>The database took the statement and the value is not in the row.</summary>
    Blocked,
    /// <summary>The vector was stored, and is not there any more.</summary>
    Reverted,
    /// <summary>The row has no text.</summary>
    EmptySource,
    /// <summary>The text is longer than the model takes; it is never cut.</summary>
    TooLong,
    /// <summary>The provider or the database refused this one row.</summary>
    Failed,
    /// <summary>The vector was committed and has not been read back.</summary>
    Unverified,
    /// <summary>The row was in scope and the run ended before its turn.</summary>
    NotAttempted,
}

/// <summary>One row's outcome with the reason, as it is kept for every outcome other than written and already current.</summary>
/// <param name="Key">The row's key as text.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Stage"><c>provider</c> or <c>database</c> for a failure; null otherwise.</param>
/// <param name="Code">An error code, an HTTP status or an SQLSTATE, if there is one.</param>
/// <param name="Message">A sentence without any of the row's text.</param>
public sealed record RowResult(string Key, RowOutcome Outcome, string? Stage = null, string? Code = null, string? Message = null)
{
    /// <summary>
    /// Whether the row is kept in the run's list: everything but what is well, and what was committed a moment ago and is about to be
    /// read back (unverified, and no reason yet).
    /// </summary>
    internal bool IsListed => Outcome switch
    {
        RowOutcome.Written or RowOutcome.AlreadyCurrent => false,
        RowOutcome.Unverified => Message is not null,
        _ => true,
    };
}
