namespace EmbeddingAdmin.Testing.Crash;

/// <summary>Where a connection is cut.</summary>
public enum CutPlace
{
    /// <summary>In the middle of what the worker sends.</summary>
    Sending,

    /// <summary>In the middle of what the server answers.</summary>
    Answering,

    /// <summary>The worker has sent its COMMIT and the server never gets it.</summary>
    BeforeCommit,

    /// <summary>The server has committed and the worker never hears of it.</summary>
    AfterCommit,
}

/// <summary>What a transaction is about, as far as its statements tell.</summary>
public enum Transaction
{
    /// <summary>Any other.</summary>
    Other,

    /// <summary>It writes a page: vectors, stamps and the ledger's row.</summary>
    Page,

    /// <summary>It enters what was read back of a page.</summary>
    ReadBack,
}

/// <summary>A cut that a relay is to make.</summary>
/// <param name="Place">Where.</param>
/// <param name="Bytes">For <see cref="CutPlace.Sending"/> and <see cref="CutPlace.Answering"/>: after so many bytes of all connections together.</param>
/// <param name="Of">For the COMMITs: of which transactions; null for any.</param>
/// <param name="All">Whether all connections of the worker are cut with that one.</param>
public sealed record Cut(CutPlace Place, int Bytes, Transaction? Of, bool All);
