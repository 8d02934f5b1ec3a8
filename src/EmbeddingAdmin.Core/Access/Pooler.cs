namespace EmbeddingAdmin.Access;

/// <summary>When a pooler hands a connection to the server on to another client.</summary>
public enum PoolerMode
{
    /// <summary>Nothing is between: the server's own process answers.</summary>
    None,

    /// <summary>When the client goes: a session is one server process, as without a pooler.</summary>
    Session,

    /// <summary>After each transaction: what is said to a session is said to somebody else's a moment later.</summary>
    Transaction,

    /// <summary>Something is between, and its mode could not be told.</summary>
    Unknown,
}

/// <summary>What is between us and the server.</summary>
/// <param name="Mode">When it hands connections on.</param>
/// <param name="Product">Its name, such as <c>PgBouncer</c>; null when nobody can know it, and when there is none.</param>
public sealed record Pooler(PoolerMode Mode, string? Product)
{
    /// <summary>Whether there is one.</summary>
    public bool IsThere => Mode != PoolerMode.None;

    /// <summary>
    /// Whether a session stays with one server process, so that <c>LISTEN</c> hears. Where it does not, <c>LISTEN</c> would hear nothing
    /// and leave somebody else's session listening.
    /// </summary>
    public bool KeepsSessions => Mode is PoolerMode.None or PoolerMode.Session;
}
