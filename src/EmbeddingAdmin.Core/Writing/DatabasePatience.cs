namespace EmbeddingAdmin.Writing;

/// <summary>How long the database is waited for: briefly, because the application comes first. These are no settings; only tests shorten them.</summary>
internal sealed record DatabasePatience
{
    /// <summary>A statement of a write.</summary>
    public TimeSpan Statement { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>A lock that somebody else holds, while this transaction holds others.</summary>
    public TimeSpan Lock { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Rows that the app has locked, in all: they are tried again so long, and what else can be written is written meanwhile.</summary>
    public TimeSpan Locked { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A read of a page.</summary>
    public TimeSpan Read { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A count of a whole scope.</summary>
    public TimeSpan Count { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A write that took longer than this makes the next ones smaller, so that they stay under two seconds.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(1.5);
}
