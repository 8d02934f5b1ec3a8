using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.SignIn;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Npgsql;

namespace EmbeddingAdmin.Web;

/// <summary>
/// Says, once the server listens, where: to the terminal, with a link that signs in once, and, when it is ready, to the database, for
/// terminals that want another link.
/// </summary>
internal sealed partial class Announcement(
    IServer server, IHostApplicationLifetime lifetime, Readiness readiness, SignInLinks links, Instances instances, InstanceRole role, DatabaseBrake brake, TimeProvider clock, ILogger<Announcement> logger) : BackgroundService
{
    private readonly Guid _id = Guid.NewGuid();

    /// <summary>What a browser opens.</summary>
    public static string Link(string address, string token) => $"{address}/sign-in?token={token}";

    /// <summary>The line that gives a link.</summary>
    public static string LinkLine(string address, string token) => $"Sign in (once, within 15 minutes): {Link(address, token)}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await HasStartedAsync(stoppingToken) || server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is not { } address)
            return;
        await Console.Out.WriteLineAsync($"EmbeddingAdmin{(role.Shows ? "" : ", a worker,")} is listening on {address}");
        try
        {
            // A terminal that is asked for another link looks for this dashboard in the database.
            if (readiness.State is ReadinessState.Ready)
                await BeatAsync(address, stoppingToken);
            if (role.Shows)
                await PrintLinkAsync(address, stoppingToken);
            await readiness.Applied.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Instances.Beat, clock);
            do
            {
                await brake.UntilOffAsync(stoppingToken);
                await BeatAsync(address, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Before that nothing was noted, and a database that refused us is not asked again.
            if (readiness.State is ReadinessState.Ready)
                await LeaveAsync();
        }
    }

    private async Task<bool> HasStartedAsync(CancellationToken stopping)
    {
        var started = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onStart = lifetime.ApplicationStarted.Register(() => started.TrySetResult(true));
        await using var onStop = stopping.Register(() => started.TrySetResult(false));
        return await started.Task;
    }

    private async Task PrintLinkAsync(string address, CancellationToken cancel)
    {
        try
        {
            await Console.Out.WriteLineAsync(LinkLine(address, await links.CreateAsync(cancel)));
        }
        catch (NpgsqlException exception)
        {
            LogNoLink(exception);
        }
    }

    private async Task BeatAsync(string address, CancellationToken cancel)
    {
        try
        {
            await instances.BeatAsync(_id, address, role, cancel);
        }
        catch (NpgsqlException fault)
        {
            brake.Note(fault);
            // Everything else says loudly enough that the database is away; the next beat comes by itself.
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            await instances.LeaveAsync(_id, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // Then it is taken for gone a little later.
        }
    }

    [LoggerMessage(1, LogLevel.Error, "No sign-in link could be made, because the database did not take it. Once it answers, `-- sign-in` prints one")]
    private partial void LogNoLink(Exception exception);
}
