using System.Net;
using System.Text.RegularExpressions;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>The dashboard itself, listening on a port of its own.</summary>
internal sealed class DashboardApp : IAsyncDisposable
{
    private const string NoDatabase = "Host=127.0.0.1;Port=1;Username=nobody;Database=none;Timeout=2";

    private readonly WebApplication _app;

    private DashboardApp(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public IServiceProvider Services => _app.Services;

    public Readiness Readiness => Services.GetRequiredService<Readiness>();

    /// <param name="settings">The configuration; of two values of one key the later counts.</param>
    public static Task<DashboardApp> StartAsync(params (string Key, string Value)[] settings) => StartAsync(TimeProvider.System, settings);

    public static async Task<DashboardApp> StartAsync(TimeProvider clock, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(Dashboard).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = "Production",
        });
        // Whatever the surroundings set is somebody else's.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(Settings([("urls", "http://127.0.0.1:0"), ("ConnectionStrings:Postgres", NoDatabase), .. settings]));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(clock);
        builder.AddDashboard();
        builder.Services.AddRunHost();
        var app = builder.Build();
        app.MapDashboard();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app);
    }

    private static IEnumerable<KeyValuePair<string, string?>> Settings(IEnumerable<(string Key, string Value)> settings) =>
        settings.GroupBy(s => s.Key, StringComparer.Ordinal).Select(same => KeyValuePair.Create(same.Key, (string?)same.Last().Value));

    /// <summary>Somebody with cookies of their own, whose redirects are seen and not followed.</summary>
    public Visitor NewVisitor() => new(Address);

    /// <summary>Waits until the connection's state is one of that kind.</summary>
    public async Task<T> UntilAsync<T>()
        where T : ReadinessState
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(TimeSpan.FromSeconds(90));
        await foreach (var state in Readiness.WatchAsync(late.Token))
        {
            if (state is T reached)
                return reached;
        }

        throw new InvalidOperationException("The states have ended.");
    }

    public Task<string> NewLinkAsync() => Services.GetRequiredService<SignInLinks>().CreateAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}

/// <summary>What a browser does, said by hand.</summary>
internal sealed partial class Visitor : IDisposable
{
    private readonly HttpClient _http;

    public Visitor(Uri address)
    {
        _http = new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = Cookies }) { BaseAddress = address };
        Origin = address.GetLeftPart(UriPartial.Authority);
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>What a browser says of the page that sends a form; null says nothing.</summary>
    public string? Origin { get; set; }

    public string CookieHeader => Cookies.GetCookieHeader(_http.BaseAddress!);

    public Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(path, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields.Select(f => new KeyValuePair<string, string>(f.Name, f.Value))) };
        if (Origin is not null)
            request.Headers.Add("Origin", Origin);
        return SendAsync(request);
    }

    /// <summary>Loads the page and sends its form with what was typed.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string page, string action, params (string Name, string Value)[] fields) =>
        await PostAsync(action, [("__RequestVerificationToken", await FormTokenAsync(page)), .. fields]);

    public Task<HttpResponseMessage> OpenLinkAsync(string token) => SubmitAsync($"/sign-in?token={token}", "/sign-in", ("link", token));

    public Task<HttpResponseMessage> TypeTokenAsync(string token) => SubmitAsync("/sign-in", "/sign-in", ("token", token), ("name", "Ada"));

    public async Task<string> FormTokenAsync(string page)
    {
        var html = await (await GetAsync(page)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return FormToken().Match(html) is { Success: true } match ? match.Groups["token"].Value : throw new InvalidOperationException($"{page} has no form.");
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex FormToken();
}
