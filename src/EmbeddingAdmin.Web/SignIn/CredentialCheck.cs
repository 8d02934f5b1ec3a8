using System.Globalization;
using System.Threading.RateLimiting;
using EmbeddingAdmin.Web.Components;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>Marks the endpoint that checks credentials; the rate limit applies where the mark is, so that a second way in cannot be forgotten.</summary>
internal sealed class CredentialCheck
{
    public static CredentialCheck Here { get; } = new();
}

/// <summary>So many attempts a minute per address and altogether; a right credential waits as well.</summary>
internal sealed class CredentialCheckLimit(IOptions<SignInOptions> options) : IConfigureOptions<RateLimiterOptions>
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public void Configure(RateLimiterOptions limiter)
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
            Limit(options.Value.AttemptsPerMinute, http => http.Connection.RemoteIpAddress?.ToString() ?? ""),
            Limit(options.Value.AttemptsPerMinuteOfAll, _ => "all"));
        limiter.OnRejected = async (rejected, _) =>
        {
            var http = rejected.HttpContext;
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : Window;
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await SignInEndpoints.Page(http, StatusCodes.Status429TooManyRequests, TooManyAttempts, then: null).ExecuteAsync(http);
        };
    }

    private static PartitionedRateLimiter<HttpContext> Limit(int attempts, Func<HttpContext, string> partition) =>
        PartitionedRateLimiter.Create<HttpContext, string>(http => http.GetEndpoint()?.Metadata.GetMetadata<CredentialCheck>() is null
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetFixedWindowLimiter(partition(http), _ => new() { PermitLimit = attempts, Window = Window, QueueLimit = 0 }));

    private static Fault TooManyAttempts => new(ErrorCodes.TooManyAttempts, "There were too many attempts to sign in.",
        "This one was not looked at, right or wrong; a link was not used up.", "Wait a minute and try again.");
}
