using System.Net;
using EmbeddingAdmin.Providers;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>
/// A server on this machine that speaks OpenAI's embeddings API (<c>POST /v1/embeddings</c>). Its vectors are the oracle's, it counts
/// what it is asked, and it behaves as its script says. <c>GET</c> and <c>PUT /script</c> show and change script and counts.
/// </summary>
public sealed class ScriptedProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile EmbeddingsRequest? _lastRequest;

    private ScriptedProvider(WebApplication app) => _app = app;

    /// <summary>What it does.</summary>
    public Script Script { get; } = new();

    /// <summary>What it has seen.</summary>
    public ProviderCounts Counts { get; } = new();

    /// <summary>The request that came last; null before the first.</summary>
    public EmbeddingsRequest? LastRequest => _lastRequest;

    /// <summary>Where it listens, without a path.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>What belongs into <c>Embeddings:Endpoint</c>.</summary>
    public string Endpoint => new Uri(Address, "/v1").ToString();

    /// <summary>Starts one.</summary>
    /// <param name="port">A port of this machine; 0 takes a free one.</param>
    /// <param name="token">Ends the start.</param>
    public static async Task<ScriptedProvider> StartAsync(int port = 0, CancellationToken token = default)
    {
        // Nothing of the surroundings counts: no settings, no variables, no logs.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddRoutingCore();
        var provider = new ScriptedProvider(builder.Build());
        provider._app.MapPost("/v1/embeddings", provider.AnswerAsync);
        provider._app.MapScript(provider);
        await provider._app.StartAsync(token);
        var addresses = provider._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        provider.Address = new Uri(addresses!.Addresses.Single());
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
        if (request.Texts.SequenceEqual(ProviderProbe.Sentences, StringComparer.Ordinal))
        {
            Counts.Probe();
            await AnswerProbeAsync(http, request);
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
            answered = await WriteAsync(http, request, Script.RefusalOf(request.Authorization) ?? answer, means, charge: true);
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

    private async Task AnswerProbeAsync(HttpContext http, EmbeddingsRequest request)
    {
        try
        {
            if (Script.HangProbes)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
            await WriteAsync(http, request, Script.RefusalOf(request.Authorization) ?? Script.Probe, null, charge: false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has hung up.
        }
    }

    private async Task<bool> WriteAsync(HttpContext http, EmbeddingsRequest request, ScriptedAnswer answer, Predicate<string>? means, bool charge)
    {
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = answer.ContentType;
        foreach (var (name, value) in answer.Headers ?? new Dictionary<string, string>(StringComparer.Ordinal))
            http.Response.Headers[name] = value;
        if (answer.Body is not null)
        {
            await http.Response.WriteAsync(answer.Body, http.RequestAborted);
            return true;
        }

        var body = EmbeddingsAnswer.Write(request, answer.Misdeed, means);
        if (charge)
            Counts.Charge(request.Texts.Sum(EmbeddingsAnswer.Tokens));
        http.Response.ContentLength = body.Length;
        if (answer.Misdeed == Misdeed.CutShort)
        {
            await http.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            http.Abort();
            return false;
        }

        await http.Response.Body.WriteAsync(body, http.RequestAborted);
        return true;
    }
}
