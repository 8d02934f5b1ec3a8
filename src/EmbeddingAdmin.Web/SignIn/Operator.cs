using Microsoft.AspNetCore.Components.Authorization;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>Who acts in this circuit.</summary>
internal sealed class Operator(AuthenticationStateProvider authentication, Sessions sessions)
{
    /// <summary>The name under which a command is given. Asks the database each time: between two revalidations a session may have ended.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.SessionEnded"/>: the session was signed out or ran out.</exception>
    public async Task<string> ConfirmAsync(CancellationToken cancellationToken)
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        return SessionCookie.HashOf(user) is { } hash && await sessions.TouchAsync(hash, cancellationToken) is { } name
            ? name
            : throw new EmbeddingAdminException(ErrorCodes.SessionEnded, "The session has ended. Nothing was done. Sign in again.");
    }
}
