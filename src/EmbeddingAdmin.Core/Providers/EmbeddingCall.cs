using Microsoft.Extensions.AI;
using Polly;
using Polly.Retry;

namespace EmbeddingAdmin.Providers;

/// <summary>A pause between two tries of one request.</summary>
/// <param name="Fault">Why the last try failed.</param>
/// <param name="Try">Number of the try that failed, from 1.</param>
/// <param name="Until">When the next try begins.</param>
public sealed record ProviderWait(ProviderFault Fault, int Try, DateTimeOffset Until)
{
    /// <summary>What is waited for, in words.</summary>
    internal string Sentence(string host, TimeProvider clock) =>
        $"Waiting {Math.Ceiling(Math.Max(0, (Until - clock.GetUtcNow()).TotalSeconds)):0} s for {host} ({Fault.Code}). {Fault.Happened}";
}

/// <summary>
/// One request with a bounded number of tries. Only what may heal by itself is tried again: transient faults and rate limits. A
/// provider that asks for more than <see cref="LongestWait"/> is not waited for here: its fault comes out with the time it asked for.
/// </summary>
public sealed class EmbeddingCall
{
    /// <summary>Tries of one request, the first included.</summary>
    public const int Tries = 4;

    /// <summary>Tries of a request that is held back by a rate limit: such a limit is usually one of a minute, and goes by itself.</summary>
    public const int RateLimitedTries = 10;

    /// <summary>The longest pause between two tries.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly ResiliencePropertyKey<Action<ProviderWait>?> Waiting = new("waiting");
    private static readonly ResiliencePropertyKey<bool> Halving = new("halving");

    private readonly IEmbeddingGenerator<string, Embedding<float>> _generator;
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private readonly ResiliencePipeline<GeneratedEmbeddings<Embedding<float>>> _pipeline;

    /// <param name="generator">One try.</param>
    /// <param name="time">The clock of the pauses.</param>
    public EmbeddingCall(IEmbeddingGenerator<string, Embedding<float>> generator, TimeProvider time)
        : this(generator, time, Random.Shared.NextDouble)
    {
    }

    /// <param name="generator">One try.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="jitter">A number from 0 to below 1.</param>
    internal EmbeddingCall(IEmbeddingGenerator<string, Embedding<float>> generator, TimeProvider time, Func<double> jitter)
    {
        _generator = generator;
        (_time, _jitter) = (time, jitter);
        _pipeline = new ResiliencePipelineBuilder<GeneratedEmbeddings<Embedding<float>>> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<GeneratedEmbeddings<Embedding<float>>>
            {
                MaxRetryAttempts = RateLimitedTries - 1,
                ShouldHandle = failed => ValueTask.FromResult(
                    failed.Outcome.Exception is ProviderFault { MayHeal: true } fault && !(fault.RetryAfter > LongestWait)
                    && !(fault.MayBeOneText && failed.Context.Properties.GetValue(Halving, false))
                    && failed.AttemptNumber + 1 < (fault.Kind == ProviderFaultKind.RateLimited ? RateLimitedTries : Tries)),
                DelayGenerator = failed => ValueTask.FromResult<TimeSpan?>(
                    Delay((ProviderFault)failed.Outcome.Exception!, failed.AttemptNumber, jitter())),
                OnRetry = failed =>
                {
                    if (failed.Context.Properties.TryGetValue(Waiting, out var waiting) && waiting is not null)
                    {
                        waiting(new ProviderWait(
                            (ProviderFault)failed.Outcome.Exception!, failed.AttemptNumber + 1, time.GetUtcNow() + failed.RetryDelay));
                    }

                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Vectors of the texts, in their order.</summary>
    /// <param name="texts">The texts of one request.</param>
    /// <param name="waiting">Told before each pause.</param>
    /// <param name="token">Ends a try and a pause at once.</param>
    /// <exception cref="ProviderFault">The last try's fault.</exception>
    /// <exception cref="OperationCanceledException">Only by <paramref name="token"/>.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> EmbedAsync(
        IReadOnlyList<string> texts, Action<ProviderWait>? waiting = null, CancellationToken token = default) => EmbedAsync(texts, halving: false, waiting, token);

    /// <summary>The same for a caller who, when it is <paramref name="halving"/>, will send less rather than the same again: a fault that may be about one text comes out at once.</summary>
    internal async Task<GeneratedEmbeddings<Embedding<float>>> EmbedAsync(
        IReadOnlyList<string> texts, bool halving, Action<ProviderWait>? waiting, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var context = ResilienceContextPool.Shared.Get(token);
        context.Properties.Set(Waiting, waiting);
        context.Properties.Set(Halving, halving);
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (context, call) => await call._generator.GenerateAsync(call.texts, cancellationToken: context.CancellationToken),
                context,
                (_generator, texts));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>The pause before a text is sent a second time alone.</summary>
    internal Task PauseAsync(CancellationToken token) => Task.Delay(FirstWait * _jitter(), _time, token);

    private static TimeSpan Delay(ProviderFault fault, int retry, double jitter)
    {
        if (fault.RetryAfter is { } asked)
            return asked;

        // Full jitter: many callers that failed together must not come back together.
        var ceiling = FirstWait * Math.Pow(2, retry);
        return (ceiling < LongestWait ? ceiling : LongestWait) * jitter;
    }
}
