using Microsoft.Extensions.AI;
using Polly;
using Polly.Retry;

namespace EmbeddingAdmin.Providers;

/// <summary>A pause that a fault brought.</summary>
/// <param name="Fault">Why the last try failed.</param>
/// <param name="Try">Number of the try that failed, from 1; 0 when it was somebody else's.</param>
/// <param name="Until">When the next try begins.</param>
internal sealed record ProviderWait(ProviderFault Fault, int Try, DateTimeOffset Until)
{
    /// <summary>What is waited for, in words.</summary>
    public Wait Say(string host, TimeProvider clock) =>
        new($"Waiting {Math.Ceiling(Math.Max(0, (Until - clock.GetUtcNow()).TotalSeconds)):0} s for {host} ({Fault.Code}). {Fault.Happened}", Until);
}

/// <summary>What a caller does when a request fails, and therefore how often it is sent.</summary>
internal enum Insistence
{
    /// <summary>Nothing else: it has all its tries.</summary>
    Full,

    /// <summary>It sends less where one text may be at fault: such a fault comes out at once.</summary>
    Halving,

    /// <summary>It sends less whatever the fault: only a rate limit is waited for.</summary>
    Once,
}

/// <summary>
/// One request with a bounded number of tries. Only what may heal by itself is tried again: transient faults, rate limits, and once an answer
/// that makes no sense. A provider that asks for more than <see cref="LongestWait"/> is not waited for here: its fault comes out with the time it
/// asked for. All requests of one call share a budget of retries: it belongs to one run.
/// </summary>
public sealed class EmbeddingCall
{
    /// <summary>Tries of one request, the first included. What is waited for while the provider answers nobody does not count.</summary>
    public const int Tries = 4;

    /// <summary>Tries of a request for which somebody waits, when it is held back by a rate limit. A run waits longer: up to a day.</summary>
    public const int RateLimitedTries = 10;

    /// <summary>The longest pause between two tries.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly ResiliencePropertyKey<Request> Sent = new("request");

    private readonly IEmbeddingGenerator<string, Embedding<float>> _generator;
    private readonly ProviderTraffic? _traffic;
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private readonly RetryBudget _budget = new();
    private readonly ResiliencePipeline<GeneratedEmbeddings<Embedding<float>>> _pipeline;

    /// <param name="generator">One try.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="traffic">The way there, for a run; null sends at once.</param>
    public EmbeddingCall(IEmbeddingGenerator<string, Embedding<float>> generator, TimeProvider time, ProviderTraffic? traffic = null)
        : this(generator, time, Random.Shared.NextDouble, traffic)
    {
    }

    /// <param name="generator">One try.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="jitter">A number from 0 to below 1.</param>
    /// <param name="traffic">The way there.</param>
    internal EmbeddingCall(IEmbeddingGenerator<string, Embedding<float>> generator, TimeProvider time, Func<double> jitter, ProviderTraffic? traffic = null)
    {
        (_generator, _traffic, _time, _jitter) = (generator, traffic, time, jitter);
        _pipeline = new ResiliencePipelineBuilder<GeneratedEmbeddings<Embedding<float>>> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<GeneratedEmbeddings<Embedding<float>>>
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = failed => ValueTask.FromResult(
                    failed.Outcome.Exception is ProviderFault fault && failed.Context.Properties.GetValue(Sent, null!) is { } request && IsTriedAgain(fault, request)),
                DelayGenerator = failed => ValueTask.FromResult<TimeSpan?>(
                    Delay((ProviderFault)failed.Outcome.Exception!, failed.AttemptNumber, jitter())),
                OnRetry = failed =>
                {
                    var fault = (ProviderFault)failed.Outcome.Exception!;
                    if (fault.Kind == ProviderFaultKind.Transient)
                        _budget.Take(fault);
                    failed.Context.Properties.GetValue(Sent, null!).Tell(
                        new ProviderWait(fault, failed.AttemptNumber + 1, time.GetUtcNow() + failed.RetryDelay).Say(_traffic?.Host ?? "the provider", time));
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Vectors of the texts, in their order.</summary>
    /// <param name="texts">The texts of one request.</param>
    /// <param name="waiting">Told before each wait, and with null when it is over.</param>
    /// <param name="token">Ends a try and a pause at once.</param>
    /// <exception cref="ProviderFault">The last try's fault, or one that a person has to settle.</exception>
    /// <exception cref="OperationCanceledException">Only by <paramref name="token"/>.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> EmbedAsync(
        IReadOnlyList<string> texts, Action<Wait?>? waiting = null, CancellationToken token = default) => EmbedAsync(texts, Insistence.Full, waiting, token);

    /// <summary>The same for a caller who may send less rather than the same again.</summary>
    internal async Task<GeneratedEmbeddings<Embedding<float>>> EmbedAsync(
        IReadOnlyList<string> texts, Insistence insistence, Action<Wait?>? waiting, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, token);
        var request = new Request(texts, insistence, waiting);
        context.Properties.Set(Sent, request);
        _budget.Begin();
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (context, sent) => await sent.call.TryAsync(sent.request, context.CancellationToken), context, (call: this, request));
        }
        finally
        {
            request.Tell(null);
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>
    /// Vectors of the probe's sentences, which say whether the provider answers for other texts; null when it refuses those as well. While it
    /// answers nothing, it is waited for, or null comes out where only what is answered <paramref name="atOnce"/> counts; a fault that somebody
    /// has to settle comes out.
    /// </summary>
    internal async Task<GeneratedEmbeddings<Embedding<float>>?> ProbeAsync(bool atOnce, Action<Wait?>? waiting, CancellationToken token)
    {
        var waited = false;
        while (!(atOnce && waited))
        {
            try
            {
                var made = await EmbedAsync(ProviderProbe.Sentences, atOnce ? Insistence.Once : Insistence.Full, Waits, token);
                return atOnce && waited ? null : made;
            }
            catch (ProviderFault fault) when (fault.Kind is ProviderFaultKind.BadText or ProviderFaultKind.BadAnswer)
            {
                return null;
            }
            catch (ProviderFault fault) when (fault.Stays || fault.FailedInside)
            {
                // Others get answers in between, or the breaker would wait here. The budget of retries ends this.
                waited = true;
            }
        }

        return null;

        void Waits(Wait? wait)
        {
            waited |= wait is not null;
            waiting?.Invoke(wait);
        }
    }

    /// <summary>The pause before a text is sent a second time alone.</summary>
    internal Task PauseAsync(CancellationToken token) => Task.Delay(FirstWait * _jitter(), _time, token);

    private Task<GeneratedEmbeddings<Embedding<float>>> TryAsync(Request request, CancellationToken token)
    {
        request.Tell(null);
        return _traffic?.SendAsync(_generator, request.Texts, request.Tell, token) ?? _generator.GenerateAsync(request.Texts, cancellationToken: token);
    }

    private bool IsTriedAgain(ProviderFault fault, Request request) => fault switch
    {
        { MayHeal: true, RetryAfter: { } asked } when asked > LongestWait => false,
        { Kind: ProviderFaultKind.RateLimited } => _traffic is null
            ? ++request.Limited < RateLimitedTries
            : _time.GetUtcNow() - (request.LimitedSince ??= _time.GetUtcNow()) < ProviderBreaks.Default.GiveUp,
        { Kind: ProviderFaultKind.Transient } =>
            ++request.Failed < Tries && request.Insistence switch { Insistence.Full => true, Insistence.Halving => !fault.MayBeOneText, _ => false },
        // An answer that makes no sense may be a gateway's, and the next one the model's.
        { Kind: ProviderFaultKind.BadAnswer, TextIndex: null } or { Part: { IsNothing: true, Refused.Count: > 1 } } =>
            ++request.Nonsense < 2 && !(request.Insistence != Insistence.Full && fault.MayBeOneText),
        _ => false,
    };

    private static TimeSpan Delay(ProviderFault fault, int retry, double jitter)
    {
        if (fault.RetryAfter is { } asked)
            return asked;

        // Full jitter: many callers that failed together must not come back together.
        var ceiling = FirstWait * Math.Pow(2, Math.Min(retry, 10));
        return (ceiling < LongestWait ? ceiling : LongestWait) * jitter;
    }

    /// <summary>What has become of a request so far.</summary>
    private sealed class Request(IReadOnlyList<string> texts, Insistence insistence, Action<Wait?>? waiting)
    {
        private bool _waits;

        public IReadOnlyList<string> Texts => texts;

        public Insistence Insistence => insistence;

        public int Failed { get; set; }

        public int Limited { get; set; }

        public int Nonsense { get; set; }

        public DateTimeOffset? LimitedSince { get; set; }

        public void Tell(Wait? wait)
        {
            if (wait is null && !_waits)
                return;
            _waits = wait is not null;
            waiting?.Invoke(wait);
        }
    }
}
