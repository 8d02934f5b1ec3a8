using EmbeddingAdmin.Testing.Provider;

return args switch
{
    ["provider", .. var options] => await ProviderProgram.RunAsync(options),
    _ => await UsageAsync(),
};

static async Task<int> UsageAsync()
{
    await Console.Error.WriteLineAsync("Usage: provider [--port N] [--latency milliseconds]");
    return 2;
}
