namespace EmbeddingAdmin.Browser.Tests;

/// <summary>An assertion that says everything it has against what it saw, and not only the beginning.</summary>
internal static class Faultless
{
    public static void Assert(IEnumerable<string> faults)
    {
        var all = faults.Distinct(StringComparer.Ordinal).ToList();
        if (all.Count > 0)
            Xunit.Assert.Fail($"{all.Count} faults:\n{string.Join('\n', all)}");
    }
}
