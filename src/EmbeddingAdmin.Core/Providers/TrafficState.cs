namespace EmbeddingAdmin.Providers;

/// <summary>Where a limit is known from.</summary>
public enum RateSource
{
    /// <summary>From the settings.</summary>
    Settings,

    /// <summary>From the headers of the provider's answers.</summary>
    Headers,
}

/// <summary>How this process' requests to one model of a provider stand.</summary>
public sealed record TrafficState
{
    /// <summary>The provider's host.</summary>
    public required string Host { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>When this was true.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The limit of requests per minute in force; null when none is known.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Where <see cref="RequestsPerMinute"/> is known from; null when it is not.</summary>
    public RateSource? RequestsFrom { get; init; }

    /// <summary>Requests that may be sent at once; below 0 when more were sent than the limit brought. Null without a limit.</summary>
    public long? RequestsRemaining { get; init; }

    /// <summary>The limit of tokens per minute in force; null when none is known.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Where <see cref="TokensPerMinute"/> is known from; null when it is not.</summary>
    public RateSource? TokensFrom { get; init; }

    /// <summary>Tokens that may be sent at once; below 0 when more were sent than the limit brought. Null without a limit.</summary>
    public long? TokensRemaining { get; init; }

    /// <summary>Tokens that a byte of text has come to so far, 0.25 before the first answer.</summary>
    public double TokensPerByte { get; init; }

    /// <summary>Requests that are with the provider now.</summary>
    public int InFlight { get; init; }

    /// <summary>Requests in flight that are allowed now.</summary>
    public int Concurrency { get; init; }

    /// <summary>Requests in flight that the settings allow at most.</summary>
    public int MostConcurrency { get; init; }

    /// <summary>Until when all requests hold because the provider asked to slow down; null when they do not.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>When a provider that does not answer is asked again; until it answers no text is sent. Null while the breaker is closed.</summary>
    public DateTimeOffset? OpenUntil { get; init; }

    /// <summary>Whether the breaker is open: the provider answers nothing.</summary>
    public bool IsOpen => OpenUntil is not null;
}
