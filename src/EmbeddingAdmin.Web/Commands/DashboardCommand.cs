using System.CommandLine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Configuration;
using EmbeddingAdmin.Web.Connection;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>Without a verb: the dashboard, on the configured database or on a local stack of its own.</summary>
internal static class DashboardCommand
{
    // The process is gone within 25 s, the local stack's end included.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    public static RootCommand Create(CommandLine line)
    {
        var reset = new Option<bool>("--reset-demo") { Description = "Bring the local stack's demo back to its empty state before the start." };
        var root = new RootCommand(CommandLine.Description) { reset };
        root.SetAction(async (parsed, _) => await RunAsync(line, parsed.GetValue(reset)));
        return root;
    }

    private static async Task<int> RunAsync(CommandLine line, bool reset)
    {
        try
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = line.SettingWords, ContentRootPath = Settings.FindContentRoot() });
            var settings = line.Read(builder.Configuration, builder.Environment.ContentRootPath);
            SettingsCheck.Refuse(settings, needsDatabase: false);
            // Disposed of last: stopping runs write down how far they came.
            await using var stack = await StartStackAsync(settings, reset);
            builder.AddDashboard();
            builder.Services.AddRunHost();
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
            await using var app = builder.Build();
            app.MapDashboard();
            app.Services.GetRequiredService<SettingsReport>().Log(app.Logger);
            app.Services.GetRequiredService<SettingsWatch>();
            using var closed = StopWhenClosed(app.Lifetime);
            await app.RunAsync();
            return 0;
        }
        catch (Exception exception)
        {
            var failure = Failure.Of(exception);
            await Console.Error.WriteLineAsync(failure.Text);
            return failure.ExitCode;
        }
    }

    private static async Task<IAsyncDisposable?> StartStackAsync(Settings settings, bool reset)
    {
        using var signals = new Signals();
        return await LocalDatabase.StartAsync(settings, reset, Console.Error, signals.Any);
    }

    private static System.Runtime.InteropServices.PosixSignalRegistration StopWhenClosed(IHostApplicationLifetime lifetime) =>
        System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            lifetime.StopApplication();
        });
}
