namespace EmbeddingAdmin.Testing.Provider;

/// <summary>A provider that is down.</summary>
public enum Outage
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Every connection is dropped without an answer.</summary>
    Dropped,

    /// <summary>Every request is answered by 503.</summary>
    Unavailable,
}
