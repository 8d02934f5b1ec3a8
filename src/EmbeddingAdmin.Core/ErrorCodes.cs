namespace EmbeddingAdmin.Core;

/// <summary>Every error code of the product. A code never changes its meaning: people search for it and scripts match it.</summary>
public static class ErrorCodes
{
    /// <summary>Something that nobody foresaw; the log has the details under the reference that is shown.</summary>
    public const string Unexpected = "EA-SYS-01";

    /// <summary>The database does not answer.</summary>
    public const string DatabaseUnreachable = "EA-DB-01";
    /// <summary>The database answered a statement with an error.</summary>
    public const string DatabaseRefused = "EA-DB-06";

    /// <summary>Plain HTTP on an address that other machines can reach.</summary>
    public const string PlainHttpBeyondLoopback = "EA-SEC-01";
    /// <summary>The configured sign-in token is too short to be a secret.</summary>
    public const string SignInTokenTooShort = "EA-SEC-02";
    /// <summary>Any host name is allowed on an address that other machines can reach.</summary>
    public const string AnyHostAllowed = "EA-SEC-03";
    /// <summary>The runtime accepts forged cookies (CVE-2026-40372: 10.0.0 to 10.0.6).</summary>
    public const string VulnerableRuntime = "EA-SEC-05";
    /// <summary>The session was signed out or ran out.</summary>
    public const string SessionEnded = "EA-SEC-06";
    /// <summary>A sign-in link was used, has expired or was never given out.</summary>
    public const string SignInLinkRefused = "EA-SEC-07";
    /// <summary>The typed sign-in token is not the configured one.</summary>
    public const string SignInTokenRefused = "EA-SEC-08";
    /// <summary>Too many attempts to sign in.</summary>
    public const string TooManyAttempts = "EA-SEC-09";
    /// <summary>The request came from a page of another origin.</summary>
    public const string ForeignOrigin = "EA-SEC-10";
    /// <summary>The form did not come from a page of this dashboard, or from one that is too old.</summary>
    public const string FormNotOurs = "EA-SEC-11";
}
