using System.Text;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>Sends an answer as it is to go over the wire.</summary>
internal sealed class AnswerWriter(Script script, ProviderCounts counts, TimeProvider time)
{
    private const int HugeBytes = 50_000_000;
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] Spaces = [.. Enumerable.Repeat((byte)' ', 64 * 1024)];

    /// <summary>Sends it.</summary>
    /// <param name="http">The request's place.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="means">Which texts' vectors are spoilt; null the last one's.</param>
    /// <param name="charge">Whether its tokens are counted.</param>
    /// <param name="cleared">Ends with what is played to this request.</param>
    /// <returns>Whether it was sent to its end.</returns>
    public async Task<bool> WriteAsync(HttpContext http, EmbeddingsRequest request, ScriptedAnswer answer, Predicate<string>? means, bool charge, Task cleared)
    {
        var token = http.RequestAborted;
        if (answer.Delivery == Delivery.Hang)
            await cleared.WaitAsync(token);
        if (answer.Delivery == Delivery.Dropped)
        {
            http.Abort();
            return false;
        }

        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = answer.ContentType;
        foreach (var (name, value) in answer.Headers ?? new Dictionary<string, string>(StringComparer.Ordinal))
            http.Response.Headers[name] = ScriptedAnswer.Header(value, time);
        var body = Body(request, answer, means, charge);
        if (answer.Delivery != Delivery.HugeUnannounced)
            http.Response.ContentLength = body.Length + (answer.Delivery == Delivery.Huge ? HugeBytes : 0);
        switch (answer.Delivery)
        {
            case Delivery.CutShort:
                await http.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), token);
                await http.Response.Body.FlushAsync(token);
                http.Abort();
                return false;
            case Delivery.Drip:
                await DripAsync(http.Response, body, cleared, token);
                return true;
            default:
                await http.Response.Body.WriteAsync(body, token);
                if (answer.Delivery is Delivery.Huge or Delivery.HugeUnannounced)
                    await FollowAsync(http.Response.Body, token);
                return true;
        }
    }

    private byte[] Body(EmbeddingsRequest request, ScriptedAnswer answer, Predicate<string>? means, bool charge)
    {
        if (answer.Body is not null)
            return Encoding.UTF8.GetBytes(answer.BodyFor(request));
        var (body, tokens) = EmbeddingsAnswer.Write(request, answer.Misdeed, means, script.Limits is { CutsTexts: true } limits ? limits.TextTokens : null);
        if (charge)
            counts.Charge(tokens);
        return body;
    }

    private static async Task DripAsync(HttpResponse response, byte[] body, Task cleared, CancellationToken token)
    {
        await response.StartAsync(token);
        for (var i = 0; i < body.Length; i++)
        {
            await Task.WhenAny(cleared, Task.Delay(BetweenBytes, TimeProvider.System, token));
            token.ThrowIfCancellationRequested();
            await response.Body.WriteAsync(body.AsMemory(i, 1), token);
            await response.Body.FlushAsync(token);
        }
    }

    private static async Task FollowAsync(Stream stream, CancellationToken token)
    {
        for (var left = HugeBytes; left > 0; left -= Spaces.Length)
            await stream.WriteAsync(Spaces.AsMemory(0, Math.Min(left, Spaces.Length)), token);
    }
}
