using System.Globalization;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Surroundings;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// A program that is told on its standard input to start a run or to take one, at a given moment, and says what came of it: <c>start &lt;when&gt;</c>,
/// <c>take &lt;when&gt; &lt;run&gt;</c>. It ends with its input.
/// </summary>
internal static class RacerProgram
{
    public const string Verb = "racer";
    public const string Won = "won ";
    public const string Lost = "lost ";

    public static async Task<int> RunAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddEnvironmentVariables(WorkerProgram.Prefix);
        builder.Services.AddEmbeddingAdmin(builder.Configuration);
        using var host = builder.Build();
        await Console.Out.WriteLineAsync($"{WorkerProgram.Up}{Environment.ProcessId}");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ');
            var wait = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(words[1], CultureInfo.InvariantCulture)) - TimeProvider.System.GetUtcNow();
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, TimeProvider.System);
            await Console.Out.WriteLineAsync(words[0] == "start" ? await StartAsync(host.Services) : await TakeAsync(host.Services, long.Parse(words[2], CultureInfo.InvariantCulture)));
        }

        return 0;
    }

    private static async Task<string> StartAsync(IServiceProvider services)
    {
        try
        {
            var run = await services.GetRequiredService<RunControl>().StartAsync(await services.AcceptedAsync(new(RunKind.Backfill, AppTable.Name), CancellationToken.None), new Actor($"racer {Environment.ProcessId}", "crash"), CancellationToken.None);
            return $"{Won}{run.Id}";
        }
        catch (EmbeddingAdminException refused)
        {
            return $"{Lost}{refused.Code} {refused.Message}";
        }
    }

    private static async Task<string> TakeAsync(IServiceProvider services, long run) =>
        await services.GetRequiredService<Runner>().RunAsync(run, CancellationToken.None) is { } driven ? $"{Won}{driven.Status}" : $"{Lost}somebody else was first";
}
