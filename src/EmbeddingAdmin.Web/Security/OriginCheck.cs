
namespace EmbeddingAdmin.Web.Security;

/// <summary>
/// Lets only this dashboard's own pages open a circuit or change anything. A cookie alone does not prove it: a WebSocket is not
/// bound by the same-origin policy, and a Strict cookie is shared by the ports and sub-domains of one site.
/// </summary>
internal static class OriginCheck
{
    public static void UseOriginCheck(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        if (IsAllowed(http.Request))
        {
            await next(http);
            return;
        }
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        await http.Response.WriteAsync($"{ErrorCodes.ForeignOrigin}: the request came from another origin than this dashboard's. Nothing was done. "
            + "Open the dashboard under the address that it printed.", http.RequestAborted);
    });

    private static bool IsAllowed(HttpRequest request)
    {
        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (reads && !request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase))
            return true;
        var origin = request.Headers.Origin;
        // Browsers send none with a plain read of their own origin, but always with a WebSocket.
        if (origin.Count == 0)
            return reads && request.Headers.Upgrade.Count == 0;
        return string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
