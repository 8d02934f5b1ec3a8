using EmbeddingAdmin.Access;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Configuration;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Web.Security;
using EmbeddingAdmin.Web.SignIn;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Logging.Console;
using Radzen;

namespace EmbeddingAdmin.Web;

/// <summary>The dashboard as a whole: everything that the browser reaches.</summary>
internal static class Dashboard
{
    /// <exception cref="EmbeddingAdminException">It would be unsafe to start like this.</exception>
    public static void AddDashboard(this WebApplicationBuilder builder)
    {
        StartCheck.RefuseVulnerableRuntime();
        builder.Listen();
        builder.AddSignIn();
        builder.AddPages();
        builder.Services.AddScreens();
        builder.Services.AddEmbeddingAdmin(builder.Configuration);
        builder.Services.AddSingleton(_ => SettingsReport.Read(builder.Configuration, builder.Environment.ContentRootPath));
        builder.Services.AddSingleton(provider => new SettingsWatch(
            builder.Configuration, builder.Environment.ContentRootPath, provider.GetRequiredService<KeyRing>(), provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddReadiness();
        builder.Services.AddHostedService<Announcement>();
        // Standard output is for what people and scripts read; the log has the other one.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>What the instance answers, by its role.</summary>
    public static void MapDashboard(this WebApplication app)
    {
        if (app.Services.GetRequiredService<InstanceRole>().Shows)
            app.MapAll();
        else
            app.MapWorker();
    }

    /// <summary>A worker has nothing to show; whoever watches over it may ask how it is.</summary>
    private static void MapWorker(this WebApplication app)
    {
        app.UseSecurityHeaders();
        app.MapHealth();
        app.MapFallback("{*path}", () => Results.Text("This instance drives runs and shows no pages.", statusCode: StatusCodes.Status404NotFound)).AllowAnonymous();
    }

    private static void MapHealth(this WebApplication app)
    {
        app.MapGet("/healthz", () => "ok").AllowAnonymous();
        ReadyCheck.Map(app);
    }

    private static void MapAll(this WebApplication app)
    {
        app.UseSecurityHeaders();
        app.UseExceptionHandler(ErrorPage.Handle);
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.UseOriginCheck();
        app.UseRouting();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseAntiforgery();

        app.MapStaticAssets().AllowAnonymous();
        app.MapHealth();
        app.MapSignIn();
        app.MapRuns();
        // The policy of the whole page is in SecurityHeaders; a second header would only take away from it.
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = null);
    }

    private static void Listen(this WebApplicationBuilder builder)
    {
        var urls = ListenAddress.Of(builder.Configuration);
        StartCheck.RefusePlainHttpBeyondLoopback(urls);
        var hosts = StartCheck.AllowedHosts(builder.Configuration["AllowedHosts"], urls);
        builder.WebHost.UseUrls([.. urls]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        // `dotnet run` without a launch profile is Production, where packages' assets would not be found.
        builder.WebHost.UseStaticWebAssets();
        builder.Services.Configure<HostFilteringOptions>(filter => (filter.AllowedHosts, filter.AllowEmptyHosts, filter.IncludeFailureMessage) = (hosts, false, false));
    }

    private static void AddPages(this WebApplicationBuilder builder)
    {
        builder.Services.AddRadzenComponents();
        builder.Services.AddRazorComponents()
            .AddInteractiveServerComponents(circuits =>
            {
                circuits.DetailedErrors = builder.Environment.IsDevelopment();
                circuits.DisconnectedCircuitMaxRetained = circuits.PersistedCircuitInMemoryMaxRetained = 20;
                circuits.DisconnectedCircuitRetentionPeriod = circuits.PersistedCircuitInMemoryRetentionPeriod = TimeSpan.FromMinutes(1);
                circuits.JSInteropDefaultCallTimeout = TimeSpan.FromSeconds(10);
            })
            .AddHubOptions(hub =>
            {
                hub.MaximumReceiveMessageSize = 32 * 1024;
                // A browser that slows the timers of a tab in the background is not one that has gone.
                hub.ClientTimeoutInterval = TimeSpan.FromSeconds(75);
            });
    }
}
