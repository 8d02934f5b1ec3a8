using System.Globalization;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>The addresses of the provider's own page and its forms.</summary>
internal static class PageEndpoint
{
    public static void MapPage(this WebApplication app, ScriptedProvider provider)
    {
        app.MapGet("/", http =>
        {
            var query = http.Request.Query;
            var played = Deviation.All.FirstOrDefault(known => known.Name == query["played"]);
            return WriteAsync(http, new ProviderPage(provider, Chosen(query["when"], query["number"], query["words"]), played).Write());
        });
        app.MapGet("/live", http => WriteAsync(http, new ProviderPage(provider, Occasion.Next()).Live()));
        app.MapGet("/page.css", http => WriteAsync(http, Resource("page.css"), "text/css"));
        app.MapGet("/page.js", http => WriteAsync(http, Resource("page.js"), "text/javascript"));
        app.MapPost("/clear", http => ChangeAsync(http, provider, _ =>
        {
            provider.Script.Clear();
            return "/";
        }));
        app.MapPost("/switches", http => ChangeAsync(http, provider, form =>
        {
            SwitchesForm.Apply(form, provider.Script);
            return "/#switches";
        }));
        app.MapPost("/play", http => ChangeAsync(http, provider, form =>
        {
            var occasion = new Occasion(Enum.Parse<When>(form["when"].ToString()), int.Parse(form["number"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture), form["words"].ToString());
            provider.Script.Play(Deviation.Named(form["deviation"].ToString()), occasion);
            return $"/?played={form["deviation"]}&when={occasion.When}&number={occasion.Number}&words={Uri.EscapeDataString(occasion.Words)}";
        }));
    }

    private static Occasion Chosen(string? when, string? number, string? words)
        => new(Enum.TryParse<When>(when, out var known) ? known : When.Next, int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : 1, words ?? "");

    private static async Task ChangeAsync(HttpContext http, ScriptedProvider provider, Func<IFormCollection, string> change)
    {
        // A page of another site has no business here.
        if (http.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none"))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        try
        {
            var next = change(form);
            http.Response.StatusCode = StatusCodes.Status303SeeOther;
            http.Response.Headers.Location = next;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException or OverflowException)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            await WriteAsync(http, new ProviderPage(provider, Chosen(form["when"], form["number"], form["words"]), refusal: exception.Message).Write());
        }
    }

    private static Task WriteAsync(HttpContext http, string content, string type = "text/html")
    {
        http.Response.ContentType = $"{type}; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(content, http.RequestAborted);
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(PageEndpoint).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
