using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>Asks the database for the session that the cookie names, on every request for anything that is not a static file.</summary>
internal sealed partial class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Sessions sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Session";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (SessionCookie.Read(Request) is not { Length: > 0 } id || Context.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null)
            return AuthenticateResult.NoResult();

        try
        {
            var hash = Secret.HashOf(id);
            return await sessions.TouchAsync(hash, Context.RequestAborted) is { } name
                ? AuthenticateResult.Success(new(SessionCookie.PrincipalOf(name, hash, SchemeName), SchemeName))
                : AuthenticateResult.NoResult();
        }
        catch (NpgsqlException exception)
        {
            LogCannotTell(Logger, exception);
            return AuthenticateResult.Fail(exception);
        }
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (HttpMethods.IsGet(Request.Method) && !Request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase))
        {
            Response.Redirect($"/sign-in?then={Uri.EscapeDataString($"{Request.Path}{Request.QueryString}")}");
            return;
        }
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        await Response.WriteAsync("Not signed in.", Context.RequestAborted);
    }

    [LoggerMessage(1, LogLevel.Error, "Whether a session is open could not be asked; the request is treated as a stranger's")]
    private static partial void LogCannotTell(ILogger logger, Exception exception);
}
