using System.Net;
using EmbeddingAdmin.Providers;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>
/// A server on this machine that speaks OpenAI's embeddings API (<c>POST /v1/embeddings</c>). Its vectors are the oracle's, it counts
/// what it is asked, and it behaves as its script says. Its page at <c>/</c> shows and changes the script, and so do <c>GET</c> and
/// <c>PUT /script</c>.
/// </summary>
public sealed class ScriptedProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly AnswerWriter _writer;
    private volatile EmbeddingsRequest? _lastRequest;

    private ScriptedProvider(WebApplication app, TimeProvider time)
    {
        _app = app;
        Script = new Script(time);
        _writer = new AnswerWriter(Script, Counts, time);
    }

    /// <summary>What it does.</summary>
    public Script Script { get; }

    /// <summary>What it has seen.</summary>
    public ProviderCounts Counts { get; } = new();

    /// <summary>The request that came last; null before the first.</summary>
    public EmbeddingsRequest? LastRequest => _lastRequest;

    /// <summary>Where it listens, without a path.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>What belongs into <c>Embeddings:Endpoint</c>.</summary>
    public string Endpoint => new Uri(Address, "/v1").ToString();

    /// <summary>The same server behind TLS, with a certificate that it signed itself.</summary>
    public string SelfSignedEndpoint { get; private set; } = "";

    /// <summary>Starts one.</summary>
    /// <param name="port">A port of this machine; 0 takes a free one.</param>
    /// <param name="time">The clock of its limits and dates; null takes the machine's.</param>
    /// <param name="token">Ends the start.</param>
    public static async Task<ScriptedProvider> StartAsync(int port = 0, TimeProvider? time = null, CancellationToken token = default)
    {
        // Nothing of the surroundings counts: no settings, no variables, no logs.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Listen(IPAddress.Loopback, 0, secure => secure.UseHttps(SelfSigned.Certificate));
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddRoutingCore();
        var provider = new ScriptedProvider(builder.Build(), time ?? TimeProvider.System);
        provider._app.MapPost("/v1/embeddings", provider.AnswerAsync);
        provider._app.MapScript(provider);
        provider._app.MapPage(provider);
        await provider._app.StartAsync(token);
        var addresses = provider._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        provider.Address = new Uri(addresses.Single(address => address.StartsWith("http:", StringComparison.Ordinal)));
        provider.SelfSignedEndpoint = new Uri(new Uri(addresses.Single(address => address.StartsWith("https:", StringComparison.Ordinal))), "/v1").ToString();
        return provider;
    }

    /// <summary>Runs until the process is asked to end.</summary>
    public Task WaitForShutdownAsync(CancellationToken token) => _app.WaitForShutdownAsync(token);

    public async ValueTask DisposeAsync()
    {
        Script.Hang = false;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var token = http.RequestAborted;
        var request = await EmbeddingsRequest.ReadAsync(http.Request, token);
        _lastRequest = request;
        // Of the script as it is now: one that is cleared before its answer begins to hang must not hang for ever.
        var cleared = Script.Cleared;
        if (request.Texts.SequenceEqual(ProviderProbe.Sentences, StringComparer.Ordinal))
        {
            Counts.Probe();
            await AnswerProbeAsync(http, request, cleared);
            return;
        }

        var call = Counts.Begin(request.Texts);
        var answered = false;
        try
        {
            var (answer, means) = Script.AnswerFor(call, request.Texts);
            if (Script.Latency > TimeSpan.Zero)
                await Task.Delay(Script.Latency, TimeProvider.System, token);
            await Script.WhenReleasedAsync(token);
            answered = await AdmitAsync(http, request, answer, means, charge: true, cleared);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The caller has hung up; nobody is there to answer.
        }
        finally
        {
            Counts.End(answered);
        }
    }

    private async Task AnswerProbeAsync(HttpContext http, EmbeddingsRequest request, Task cleared)
    {
        try
        {
            if (Script.HangProbes)
                await cleared.WaitAsync(http.RequestAborted);
            await AdmitAsync(http, request, Script.Probe, null, charge: false, cleared);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has hung up.
        }
    }

    private Task<bool> AdmitAsync(HttpContext http, EmbeddingsRequest request, ScriptedAnswer answer, Predicate<string>? means, bool charge, Task cleared)
    {
        var (refusal, headers) = Script.Admit(request);
        foreach (var (name, value) in headers ?? new Dictionary<string, string>(StringComparer.Ordinal))
            http.Response.Headers[name] = value;
        return _writer.WriteAsync(http, request, refusal ?? answer, means, charge, cleared);
    }
}
