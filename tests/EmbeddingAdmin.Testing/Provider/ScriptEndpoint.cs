using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>
/// The script over HTTP, for a provider that runs alone: <c>curl -X PUT …/script -d '{"latencyMs":200,"hang":true}'</c>. What a change
/// does not name stays as it is; <c>{"play":[{"deviation":"nan","when":"containing","words":"moon"}]}</c> adds, <c>"clear":true</c> takes
/// everything back first, <c>{"refuse":[{"containing":"words of a text","answer":{"status":400}}]}</c> replaces all refusals of texts.
/// </summary>
internal static class ScriptEndpoint
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        WriteIndented = true,
        // For people at a terminal, and no page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void MapScript(this WebApplication app, ScriptedProvider provider)
    {
        app.MapGet("/script", http => http.Response.WriteAsJsonAsync(Shown(provider), Json, http.RequestAborted));
        app.MapPut("/script", async http =>
        {
            try
            {
                var change = await JsonSerializer.DeserializeAsync<Change>(http.Request.Body, Json, http.RequestAborted);
                change?.Apply(provider.Script);
                await http.Response.WriteAsJsonAsync(Shown(provider), Json, http.RequestAborted);
            }
            catch (Exception exception) when (exception is JsonException or ArgumentException)
            {
                http.Response.StatusCode = StatusCodes.Status400BadRequest;
                await http.Response.WriteAsync(exception.Message, http.RequestAborted);
            }
        });
    }

    private static object Shown(ScriptedProvider provider) => new
    {
        LatencyMs = provider.Script.Latency.TotalMilliseconds,
        provider.Script.Hang,
        provider.Script.Down,
        provider.Script.Limits,
        provider.Script.Playing,
        provider.Script.FailEvery,
        provider.Script.Failure,
        provider.Script.Probe,
        provider.Counts.Probes,
        provider.Counts.Calls,
        provider.Counts.Answered,
        provider.Counts.Texts,
        provider.Counts.Tokens,
        provider.Counts.InFlight,
        provider.Counts.MostInFlight,
        provider.Counts.SeenAgain,
    };

    private sealed record Change
    {
        public bool Clear { get; init; }

        public double? LatencyMs { get; init; }

        public bool? Hang { get; init; }

        public Outage? Down { get; init; }

        public ServerLimits? Limits { get; init; }

        public int? FailEvery { get; init; }

        public ScriptedAnswer? Failure { get; init; }

        public ScriptedAnswer? Probe { get; init; }

        public ScriptedAnswer[] Next { get; init; } = [];

        public RefusedText[]? Refuse { get; init; }

        public Play[] Play { get; init; } = [];

        public void Apply(Script script)
        {
            // Whatever of it has no sense is found before anything is changed.
            var played = Play.Select(play => (Deviation.Named(play.Deviation), play.Occasion)).ToList();
            played.ForEach(play => play.Occasion.Demand());
            if (Clear)
                script.Clear();
            script.Latency = LatencyMs is { } latency ? TimeSpan.FromMilliseconds(latency) : script.Latency;
            script.Down = Down ?? script.Down;
            if (Limits is not null)
                script.Limits = Limits;
            script.FailEvery = FailEvery ?? script.FailEvery;
            script.Failure = Failure ?? script.Failure;
            script.Probe = Probe ?? script.Probe;
            script.Next(Next);
            if (Refuse is not null)
                script.TakeAll();
            foreach (var refused in Refuse ?? [])
                script.Refuse(text => text.Contains(refused.Containing, StringComparison.Ordinal), refused.Answer);
            foreach (var (deviation, occasion) in played)
                script.Play(deviation, occasion);
            script.Hang = Hang ?? script.Hang;
        }
    }

    private sealed record RefusedText(string Containing, ScriptedAnswer Answer);

    private sealed record Play(string Deviation, When When = When.Next, int Number = 1, string Words = "")
    {
        public Occasion Occasion => new(When, Number, Words);
    }
}
