using EmbeddingAdmin.Testing.Crash;
using EmbeddingAdmin.Testing.Provider;

return args switch
{
    ["provider", .. var options] => await ProviderProgram.RunAsync(options),
    [StackHost.Verb, ..] => await StackHost.RunAsync(args, CancellationToken.None),
    [WorkerProgram.Verb] => await WorkerProgram.RunAsync(),
    [CrashProgram.Verb, .. var options] => await CrashProgram.RunAsync(options, CancellationToken.None),
    _ => await UsageAsync(),
};

static async Task<int> UsageAsync()
{
    await Console.Error.WriteLineAsync(
        """
        Usage: provider [--port N] [--latency milliseconds]
               crash [--seeds N] [--from N] [--seed N] [--parallel N]
        """);
    return 2;
}
