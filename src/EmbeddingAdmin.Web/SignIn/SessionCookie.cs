using System.Security.Claims;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>The one cookie of a session: a random id, and nothing that could be read or forged.</summary>
internal static class SessionCookie
{
    /// <summary>The claim that carries the hash of the session's id into a circuit; the id itself stays in the cookie.</summary>
    private const string HashClaim = "session";

    /// <summary>
    /// On plain HTTP the name differs, because a Secure cookie of the same name could not be replaced; and it carries the port,
    /// because browsers share cookies between the ports of one host.
    /// </summary>
    private static string NameFor(HttpRequest request) => request.IsHttps ? "__Host-embedding-admin" : $"embedding-admin-{request.Host.Port ?? 80}";

    public static string? Read(HttpRequest request) => request.Cookies[NameFor(request)];

    public static void Write(HttpContext http, string id) => http.Response.Cookies.Append(NameFor(http.Request), id, Options(http, Sessions.Longest));

    public static void Delete(HttpContext http) => http.Response.Cookies.Delete(NameFor(http.Request), Options(http, null));

    public static ClaimsPrincipal PrincipalOf(string name, byte[] idHash, string scheme) =>
        new(new ClaimsIdentity([new(ClaimTypes.Name, name), new(HashClaim, Convert.ToHexString(idHash))], scheme));

    /// <summary>The hash of the session's id; null for a stranger.</summary>
    public static byte[]? HashOf(ClaimsPrincipal user) => user.FindFirstValue(HashClaim) is { } hash ? Convert.FromHexString(hash) : null;

    private static CookieOptions Options(HttpContext http, TimeSpan? maxAge) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", MaxAge = maxAge, IsEssential = true };
}
