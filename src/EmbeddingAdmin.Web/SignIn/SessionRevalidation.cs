using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Npgsql;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>A circuit keeps the identity it was born with; this asks again every 20 seconds whether its session is still open.</summary>
internal sealed class SessionRevalidation(ILoggerFactory loggers, Sessions sessions) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected override TimeSpan RevalidationInterval => Interval;

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        MayStayAsync(authenticationState.User, cancellationToken);

    internal async Task<bool> MayStayAsync(ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        try
        {
            return SessionCookie.HashOf(user) is { } hash && await sessions.IsOpenAsync(hash, cancellationToken);
        }
        catch (NpgsqlException)
        {
            // Nobody can tell. What is on the screen may stay; every command asks again and fails by itself.
            return true;
        }
    }
}
