namespace EmbeddingAdmin.Testing.Provider;

/// <summary>A server, or what stands before it, that fails or does not answer.</summary>
internal static class Outages
{
    public static IReadOnlyList<Deviation> All { get; } =
    [
        new("http-500", "500 with a JSON error", "OpenAI.", ScriptedAnswer.Error(500, "The server had an error while processing your request. Sorry about that!", type: "server_error")),
        new("nan-500", "500: json: unsupported value: NaN", "Ollama, for the same texts each time: it looks as if it would heal, and never does.",
            new(500, """{"error":{"message":"failed to encode response: json: unsupported value: NaN","type":"api_error","param":null,"code":null}}""")),
        new("not-implemented", "501 and nothing more", "Servers that have the address and not the function.", new(501, "")),
        new("http-502", "502 with HTML of nginx", "nginx, when the server behind it is gone.", Nginx(502, "502 Bad Gateway")),
        new("http-503", "503: overloaded, slow down", "OpenAI, when everybody asks at once.", ScriptedAnswer.Error(503, "That model is currently overloaded with other requests. Slow down.", "slow_down", "server_error")),
        new("http-503-later", "503, Retry-After: 7", "Servers that are being restarted.", new ScriptedAnswer(503, "").With("Retry-After", "7")),
        new("http-504", "504 with HTML of nginx", "nginx, when the server behind it takes too long.", Nginx(504, "504 Gateway Time-out")),
        new("http-520", "520 with HTML of Cloudflare", "Cloudflare, when the answer made no sense to it. The SDK would not try again.", Cloudflare(520, "Web server is returning an unknown error")),
        new("http-522", "522 with HTML of Cloudflare", "Cloudflare, when no connection came about.", Cloudflare(522, "Connection timed out")),
        new("http-524", "524 with HTML of Cloudflare", "Cloudflare, after 100 seconds.", Cloudflare(524, "A timeout occurred")),
        new("http-529", "529: overloaded", "Gateways. The SDK would not try again.", new(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")),
        new("hang", "Nothing, until the script is cleared", "Hugging Face's server, for a text that does not fit its batch.", new(Delivery: Delivery.Hang)),
        new("drip", "The headers at once, then a byte every tenth of a second", "A line that is almost dead: each read succeeds, and the answer never comes.", new(Delivery: Delivery.Drip)),
        new("drop", "The connection ends before an answer", "A process that is killed.", new(Delivery: Delivery.Dropped)),
        new("cut", "The connection ends in the middle of the answer", "The same, a moment later. The SDK would not try again.", new(Delivery: Delivery.CutShort)),
    ];

    public static ScriptedAnswer Nginx(int status, string title) => Html(status,
        $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n");

    private static ScriptedAnswer Cloudflare(int status, string title) => Html(status, $$"""
        <!DOCTYPE html>
        <html lang="en-US"><head><title>{{status}}: {{title}}</title>
        <style>body{margin:0} .cf-error{color:#404040}</style>
        <script>(function(){window._cf_translation = {};})();</script></head>
        <body><div class="cf-error"><h1>Error code {{status}}</h1><h2>{{title}}</h2>
        <p>The key was &quot;Bearer $key&quot;. Ray ID: 8c0ffee0deadbeef &bull; 2026-01-01 00:00:00 UTC</p></div></body></html>
        """);

    private static ScriptedAnswer Html(int status, string body) => new(status, body, "text/html");
}
