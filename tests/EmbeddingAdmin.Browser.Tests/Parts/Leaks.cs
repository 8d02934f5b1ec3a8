namespace EmbeddingAdmin.Browser.Tests;

/// <summary>Looks for secrets in whatever left the app.</summary>
internal static class Leaks
{
    /// <summary>Each secret that was seen and where; empty when all were kept.</summary>
    public static IReadOnlyList<string> Of(Demo demo, IEnumerable<(string From, string Text)> texts) => Of(demo.Secrets, texts.Append(("the log", demo.Log)));

    /// <summary>The same, of any secrets.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyDictionary<string, string> secrets, IEnumerable<(string From, string Text)> texts) =>
    [
        .. from text in texts
           from secret in secrets
           where text.Item2.Contains(secret.Value, StringComparison.Ordinal)
           select $"{secret.Key} is in {text.Item1}",
    ];
}
