using System.Runtime.InteropServices;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>A program that drives runs and shows nothing: what the crash scenarios kill, freeze and cut off.</summary>
internal static class WorkerProgram
{
    /// <summary>The first argument that starts it.</summary>
    public const string Verb = "worker";

    /// <summary>Its settings are the variables with this prefix; no other setting of the surroundings counts.</summary>
    public const string Prefix = "CRASHWORKER_";

    /// <summary>The first word of the line that says that it is up; its process's number follows.</summary>
    public const string Up = "up ";

    /// <summary>The first word of its answer to SIGHUP, a signal that is of no other use to it: the bytes on its heap that are still in use.</summary>
    public const string Heap = "heap ";

    public static async Task<int> RunAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddEnvironmentVariables(Prefix);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.Services.AddEmbeddingAdmin(builder.Configuration);
        builder.Services.AddRunHost();
        using var host = builder.Build();
        host.Services.GetRequiredService<SchemaGate>().Open();
        using var asked = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Console.WriteLine($"{Heap}{GC.GetTotalMemory(forceFullCollection: true)}");
        });
        await host.StartAsync();
        await Console.Out.WriteLineAsync($"{Up}{Environment.ProcessId}");
        await host.WaitForShutdownAsync();
        return 0;
    }
}
