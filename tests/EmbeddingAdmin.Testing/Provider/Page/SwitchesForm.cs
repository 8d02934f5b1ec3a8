using System.Globalization;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>The form of the switches as it comes from the page.</summary>
internal static class SwitchesForm
{
    /// <summary>The limits of a request that the page offers.</summary>
    public static IReadOnlyList<(string Name, string Label, ServerLimits Limits)> Kinds { get; } =
    [
        ("none", "none", new ServerLimits()),
        ("openai", "OpenAI: 2048 texts, 300,000 tokens", ServerLimits.OpenAi),
        ("tei", "Hugging Face: 32 texts, 512 tokens each", ServerLimits.Tei),
        ("ollama", "Ollama: cuts after 2048 tokens", ServerLimits.Ollama),
        ("own", "as set from a terminal", new ServerLimits()),
    ];

    /// <summary>The name of the limits that count, those of a minute aside.</summary>
    public static string KindOf(ServerLimits? limits)
    {
        var ofRequest = (limits ?? new ServerLimits()) with { RequestsPerMinute = null, TokensPerMinute = null };
        return Kinds.FirstOrDefault(known => known.Limits == ofRequest, Kinds[^1]).Name;
    }

    /// <summary>Sets what the form says.</summary>
    /// <exception cref="FormatException">A number is none.</exception>
    public static void Apply(IFormCollection form, Script script)
    {
        var latency = Number(form["latency"]) ?? 0;
        var kind = form["limits"].ToString();
        var ofRequest = kind == "own" ? script.Limits ?? new ServerLimits() : Kinds.First(known => known.Name == kind).Limits;
        var limits = ofRequest with { RequestsPerMinute = Number(form["rpm"]), TokensPerMinute = Number(form["tpm"]) };
        var down = Enum.Parse<Outage>(form["down"].ToString());

        script.Latency = TimeSpan.FromMilliseconds(latency);
        script.Down = down;
        // Setting them anew would fill the buckets.
        if (limits != (script.Limits ?? new ServerLimits()))
            script.Limits = limits == new ServerLimits() ? null : limits;
        script.Key = form["key"].ToString() is { Length: > 0 } key ? key : null;
        script.HangProbes = form.ContainsKey("hangProbes");
        script.Hang = form.ContainsKey("hang");
    }

    private static long? Number(string? text) => string.IsNullOrWhiteSpace(text) ? null : long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
