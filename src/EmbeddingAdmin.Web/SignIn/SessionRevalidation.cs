using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Npgsql;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>A circuit keeps the identity it was born with; this asks again every 20 seconds whether its session is still open.</summary>
internal sealed class SessionRevalidation(ILoggerFactory loggers, Sessions sessions) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(20);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState state, CancellationToken cancellationToken)
    {
        try
        {
            return SessionCookie.HashOf(state.User) is { } hash && await sessions.IsOpenAsync(hash, cancellationToken);
        }
        catch (NpgsqlException)
        {
            // Nobody can tell. What is on the screen may stay; every command asks again and fails by itself.
            return true;
        }
    }
}
