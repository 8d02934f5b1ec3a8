using EmbeddingAdmin.Testing.Adversary;
using EmbeddingAdmin.Testing.Crash;
using EmbeddingAdmin.Testing.Provider;

return args switch
{
    ["provider", .. var options] => await ProviderProgram.RunAsync(options),
    [StackHost.Verb, ..] => await StackHost.RunAsync(args, CancellationToken.None),
    [WorkerProgram.Verb] => await WorkerProgram.RunAsync(),
    [CrashProgram.Verb, .. var options] => await CrashProgram.RunAsync(options, CancellationToken.None),
    [RacerProgram.Verb] => await RacerProgram.RunAsync(),
    [Race.Verb, .. var options] => await Race.RunAsync(options, CancellationToken.None),
    [TwoWorkers.Takeover or TwoWorkers.Freeze] => await TwoWorkers.RunAsync(args[0], CancellationToken.None),
    [AdversaryProgram.Verb, .. var options] => await AdversaryProgram.RunAsync(options, CancellationToken.None),
    [Memory.Verb, .. var options] => await Memory.RunAsync(options, CancellationToken.None),
    _ => await UsageAsync(),
};

static async Task<int> UsageAsync()
{
    await Console.Error.WriteLineAsync(
        """
        Usage: provider [--port N] [--latency milliseconds]
               crash [--seeds N] [--from N] [--seed N] [--parallel N]
               race [rounds] | takeover | freeze
               memory [--rows N]
               adversary [--seeds N] [--from N] [--seed N] [--parallel N]
        """);
    return 2;
}
