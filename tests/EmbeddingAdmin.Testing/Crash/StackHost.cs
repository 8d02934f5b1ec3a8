using EmbeddingAdmin.Local;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>A program that has a local stack up until it is ended, in order or not: what a test kills.</summary>
public static class StackHost
{
    /// <summary>The first argument that starts it.</summary>
    public const string Verb = "stack-host";

    /// <summary>The word before the API's address (or "no-api") on the line that says that all is up.</summary>
    public const string Ready = "ready ";

    /// <summary>Arguments after the verb: data folder, cache folder, and any of <c>reset</c>, <c>no-api</c>, <c>no-demo</c>.</summary>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancel)
    {
        var clock = TimeProvider.System;
        var begun = clock.GetTimestamp();
        var options = new LocalStackOptions
        {
            DataFolder = arguments[1],
            CacheFolder = arguments[2],
            ResetDemo = arguments.Contains("reset", StringComparer.Ordinal),
            WithApi = !arguments.Contains("no-api", StringComparer.Ordinal),
            WithDemo = !arguments.Contains("no-demo", StringComparer.Ordinal),
        };
        try
        {
            await using var stack = await LocalStack.StartAsync(options, new Lines(step => Console.Error.WriteLine($"{clock.GetElapsedTime(begun).TotalSeconds:F2} {step}")), cancel);
            Console.Error.WriteLine($"{clock.GetElapsedTime(begun).TotalSeconds:F2} {stack.Connection.Source} {stack.Connection.ApiMissing}");
            Console.WriteLine($"{Ready}{stack.Connection.ApiUrl ?? "no-api"}");
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, signal =>
            {
                signal.Cancel = true;
                ended.TrySetResult();
            });
            await ended.Task.WaitAsync(cancel);
            return 0;
        }
        catch (LocalStackException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 2;
        }
    }

    // Progress<T> posts to the thread pool, and lines would come in any order.
    private sealed class Lines(Action<string> write) : IProgress<string>
    {
        public void Report(string value) => write(value);
    }
}
