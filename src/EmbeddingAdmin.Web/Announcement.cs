using EmbeddingAdmin.Web.SignIn;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Npgsql;

namespace EmbeddingAdmin.Web;

/// <summary>Prints, once the server listens, the address it really got and a link that signs in once.</summary>
internal sealed partial class Announcement(IServer server, SignInLinks links, ILogger<Announcement> logger) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is not { } address)
            return;
        await Console.Out.WriteLineAsync($"EmbeddingAdmin is listening on {address}");
        try
        {
            var token = await links.CreateAsync(cancellationToken);
            await Console.Out.WriteLineAsync($"Sign in (once, within 15 minutes): {address}/sign-in?token={token}");
        }
        catch (NpgsqlException exception)
        {
            LogNoLink(exception);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Error, "No sign-in link could be made, because the database did not take it. Once it answers, `-- sign-in` prints one")]
    private partial void LogNoLink(Exception exception);
}
