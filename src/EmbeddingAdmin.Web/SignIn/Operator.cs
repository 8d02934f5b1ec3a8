using EmbeddingAdmin.Core;
using Microsoft.AspNetCore.Components.Authorization;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>The session of this circuit is over; nothing was done.</summary>
public sealed class SessionEndedException() : Exception($"{ErrorCodes.SessionEnded}: the session has ended. Nothing was done. Sign in again.");

/// <summary>Who acts in this circuit.</summary>
internal sealed class Operator(AuthenticationStateProvider authentication, Sessions sessions)
{
    /// <summary>The name under which a command is given. Asks the database each time: between two revalidations a session may have ended.</summary>
    /// <exception cref="SessionEndedException">The session was signed out or ran out.</exception>
    public async Task<string> ConfirmAsync(CancellationToken cancellationToken)
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        return SessionCookie.HashOf(user) is { } hash && await sessions.TouchAsync(hash, cancellationToken) is { } name
            ? name
            : throw new SessionEndedException();
    }
}
