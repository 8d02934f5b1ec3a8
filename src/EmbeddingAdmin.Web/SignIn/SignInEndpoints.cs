using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Web.Components;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>The page that signs in, the one place where a credential is checked, and signing out.</summary>
internal static class SignInEndpoints
{
    private const string DefaultName = "operator";

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sign-in", ShowAsync).AllowAnonymous();
        routes.MapPost("/sign-in", CheckAsync).AllowAnonymous().WithMetadata(CredentialCheck.Here);
        routes.MapPost("/sign-out", SignOutAsync).AllowAnonymous();
    }

    private static async Task<IResult> ShowAsync(HttpContext http, string? token, string? then)
    {
        // Loading a link must not use it up: previews and scanners load links.
        var databaseFailed = (await http.AuthenticateAsync()).Failure is not null;
        return databaseFailed
            ? Page(http, StatusCodes.Status503ServiceUnavailable, Fault.DatabaseUnreachable(), then)
            : Page(http, StatusCodes.Status200OK, fault: null, then, token);
    }

    private static async Task<IResult> CheckAsync(
        HttpContext http, IAntiforgery antiforgery, SignInLinks links, Sessions sessions, IOptions<SignInOptions> options)
    {
        if (await FormOf(http, antiforgery) is not { } form)
            return Page(http, StatusCodes.Status400BadRequest, FormNotOurs, then: null);

        var then = form["then"].ToString();
        try
        {
            var refusal = form["link"].ToString() is { Length: > 0 } link
                ? await links.UseAsync(link, http.RequestAborted) ? null : LinkRefused
                : IsTheToken(form["token"].ToString(), options.Value.Token) ? null : TokenRefused;
            if (refusal is not null)
                return Page(http, StatusCodes.Status401Unauthorized, refusal, then);

            SessionCookie.Write(http, await sessions.OpenAsync(NameIn(form), http.RequestAborted));
            return TypedResults.LocalRedirect(LocalPath(then));
        }
        catch (NpgsqlException)
        {
            return Page(http, StatusCodes.Status503ServiceUnavailable, Fault.DatabaseUnreachable(), then);
        }
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, IAntiforgery antiforgery, Sessions sessions)
    {
        if (SessionCookie.HashOf(http.User) is { } hash)
        {
            if (await FormOf(http, antiforgery) is null)
                return Page(http, StatusCodes.Status400BadRequest, FormNotOurs, then: null);
            await sessions.EndAsync(hash, http.RequestAborted);
        }
        SessionCookie.Delete(http);
        return TypedResults.LocalRedirect("/sign-in");
    }

    internal static RazorComponentResult<SignInPage> Page(HttpContext http, int status, Fault? fault, string? then, string? linkToken = null)
    {
        (http.Response.Headers.CacheControl, http.Response.Headers.Pragma) = ("no-cache, no-store", "no-cache");
        var options = http.RequestServices.GetRequiredService<IOptions<SignInOptions>>().Value;
        return new(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(SignInPage.Theme)] = DocumentHead.ThemeOf(http),
            [nameof(SignInPage.Fault)] = fault,
            [nameof(SignInPage.Then)] = LocalPath(then),
            [nameof(SignInPage.LinkToken)] = linkToken,
            [nameof(SignInPage.AcceptsToken)] = options.Token is { Length: > 0 },
        })
        { StatusCode = status };
    }

    private static async Task<IFormCollection?> FormOf(HttpContext http, IAntiforgery antiforgery) =>
        http.Request.HasFormContentType && await antiforgery.IsRequestValidAsync(http) ? await http.Request.ReadFormAsync(http.RequestAborted) : null;

    private static bool IsTheToken(string typed, string? configured) =>
        configured is { Length: > 0 } && CryptographicOperations.FixedTimeEquals(Secret.HashOf(typed), Secret.HashOf(configured));

    private static string NameIn(IFormCollection form)
    {
        var name = string.Concat(form["name"].ToString().Where(c => !char.IsControl(c))).Trim();
        return name.Length is > 0 and <= 60 ? name : DefaultName;
    }

    /// <summary>Where to go after signing in: a path of this dashboard, or its start.</summary>
    private static string LocalPath(string? then) =>
        then is ['/', not ('/' or '\\'), ..] && !then.StartsWith("/sign-", StringComparison.OrdinalIgnoreCase) && !then.Any(char.IsControl) ? then : "/";

    private static Fault LinkRefused => new(ErrorCodes.SignInLinkRefused, "This link does not sign in.",
        "Nobody was signed in: it was used before, is older than 15 minutes, or was never given out.", "Print a fresh one as shown below.");

    private static Fault TokenRefused => new(ErrorCodes.SignInTokenRefused, "This is not the token.",
        "Nobody was signed in.", "Compare it with SignIn:Token or EMBEDDINGADMIN_TOKEN of the running dashboard.");

    private static Fault FormNotOurs => new(ErrorCodes.FormNotOurs, "The form could not be matched with this dashboard.",
        "Nothing was done.", "Load the page again and send it once more; cookies must be allowed.");
}
