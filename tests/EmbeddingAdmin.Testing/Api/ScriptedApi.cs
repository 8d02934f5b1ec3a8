using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Extensions;

namespace EmbeddingAdmin.Testing.Api;

/// <summary>A request as it came in.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Path">Path and query, as they were encoded.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">Its body.</param>
public sealed record ReplayedRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>An answer that some server has given.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body; empty for none.</param>
/// <param name="ContentType">Its type.</param>
/// <param name="Headers">Further headers, as <c>Name: value</c>.</param>
public sealed record ReplayedAnswer(int Status, string Body = "", string ContentType = "application/json; charset=utf-8", params string[] Headers);

/// <summary>
/// A server on this machine that answers what other versions of PostgREST, or what stands before it at Supabase, were seen to answer: the real
/// API of the tests cannot be made to. Whatever the real one can do is tested on the real one.
/// </summary>
public sealed class ScriptedApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReplayedRequest> _requests = new();

    private ScriptedApi(WebApplication app) => _app = app;

    /// <summary>What belongs into <c>Supabase:Url</c>.</summary>
    public string Url { get; private set; } = "";

    /// <summary>What it answers; null never to answer.</summary>
    public Func<ReplayedRequest, Task<ReplayedAnswer?>> Answer { get; set; } = _ => Task.FromResult<ReplayedAnswer?>(new(500));

    /// <summary>What it was asked so far.</summary>
    public IReadOnlyList<ReplayedRequest> Requests => [.. _requests];

    /// <summary>Starts one.</summary>
    public static async Task<ScriptedApi> StartAsync(CancellationToken token)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var api = new ScriptedApi(builder.Build());
        api._app.Run(api.AnswerAsync);
        await api._app.StartAsync(token);
        api.Url = api._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return api;
    }

    /// <summary>Answers every request so from now on.</summary>
    public void Always(ReplayedAnswer? answer) => Answer = _ => Task.FromResult(answer);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var request = new ReplayedRequest(http.Request.Method, http.Request.GetEncodedPathAndQuery(),
            http.Request.Headers.ToDictionary(header => header.Key, header => $"{header.Value}", StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync(http.RequestAborted));
        _requests.Enqueue(request);
        try
        {
            if (await Answer(request) is not { } answer)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
                return;
            }

            http.Response.StatusCode = answer.Status;
            foreach (var header in answer.Headers)
                http.Response.Headers.Append(header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (answer.Body.Length == 0)
                return;
            http.Response.ContentType = answer.ContentType;
            await http.Response.WriteAsync(answer.Body, http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has hung up.
        }
    }
}
