namespace EmbeddingAdmin.Web.Security;

/// <summary>What every answer tells the browser about what its page may do.</summary>
internal static class SecurityHeaders
{
    // Radzen positions and sizes by style attributes; it needs no inline or evaluated script.
    private const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        // Not no-referrer: under it a browser sends its own forms with "Origin: null", and the origin check could not tell them from a stranger's.
        headers["Referrer-Policy"] = "same-origin";
        return next(http);
    });
}
