using System.Globalization;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary><c>provider [--port N] [--latency milliseconds]</c>: the scripted provider alone. Its first line is its endpoint.</summary>
internal static class ProviderProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        await using var provider = await ScriptedProvider.StartAsync(Option(args, "--port"));
        provider.Script.Latency = TimeSpan.FromMilliseconds(Option(args, "--latency"));
        await Console.Out.WriteLineAsync(provider.Endpoint);
        await Console.Out.WriteLineAsync($"Its page: {provider.Address}");
        await provider.WaitForShutdownAsync(CancellationToken.None);
        return 0;
    }

    private static int Option(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? 0 : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }
}
