using Microsoft.Extensions.AI;
using Polly;
using Polly.CircuitBreaker;

namespace EmbeddingAdmin.Providers;

/// <summary>How long a provider that does not answer is left alone.</summary>
/// <param name="First">Before it is asked the first time; each further time twice as long.</param>
/// <param name="Longest">The longest time.</param>
/// <param name="GiveUp">After so long without an answer a person has to decide.</param>
internal sealed record ProviderBreaks(TimeSpan First, TimeSpan Longest, TimeSpan GiveUp)
{
    /// <summary>10 s, doubling up to 5 min; given up after a day.</summary>
    public static ProviderBreaks Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromDays(1));
}

/// <summary>
/// Keeps the rows' texts from a provider that answers nothing. After <see cref="Trips"/> transient faults in a row over all callers it is open;
/// then all of them wait together, and only the two sentences of the probe are sent, after longer and longer breaks, until something answers.
/// A rate limit or a refusal is an answer.
/// </summary>
/// <remarks>
/// A row's text as the half-open try would not do: one that the server cannot deal with would hold the breaker open for ever. Polly's breaker
/// goes by ratios: it is made one for faults in a row by counting those here, and by taking only the last of them for a failure.
/// </remarks>
internal sealed class ProviderBreaker
{
    /// <summary>Transient faults in a row that open it.</summary>
    public const int Trips = 5;

    private readonly string _host;
    private readonly ProviderBreaks _breaks;
    private readonly TimeProvider _time;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly CircuitBreakerManualControl _control = new();
    private readonly ResiliencePipeline<GeneratedEmbeddings<Embedding<float>>> _pipeline;
    private readonly Lock _gate = new();
    private Asking? _asking;
    private ProviderFault? _last;
    private int _inARow;
    private long _openUntil;

    /// <param name="host">The provider's host, for sentences.</param>
    /// <param name="breaks">How long it is left alone.</param>
    /// <param name="time">The clock.</param>
    public ProviderBreaker(string host, ProviderBreaks breaks, TimeProvider time)
    {
        (_host, _breaks, _time) = (host, breaks, time);
        _pipeline = new ResiliencePipelineBuilder<GeneratedEmbeddings<Embedding<float>>> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<GeneratedEmbeddings<Embedding<float>>>
            {
                FailureRatio = 0,
                MinimumThroughput = 2,
                SamplingDuration = TimeSpan.FromDays(1),
                StateProvider = _state,
                ManualControl = _control,
                ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception switch
                {
                    ProviderFault { Kind: ProviderFaultKind.Transient } => !IsClosed || Volatile.Read(ref _inARow) >= Trips,
                    // A half-open try that was given up has found out nothing.
                    OperationCanceledException => !IsClosed,
                    _ => false,
                }),
                BreakDurationGenerator = opened => ValueTask.FromResult(Break(opened.HalfOpenAttempts)),
            })
            .Build();
    }

    /// <summary>Whether texts may be sent.</summary>
    public bool IsClosed => _state.CircuitState == CircuitState.Closed;

    /// <summary>When the provider is asked again; null while the breaker is closed.</summary>
    public DateTimeOffset? OpenUntil => IsClosed ? null : Until;

    // Written under Polly's own lock, which must not wait for one of ours.
    private DateTimeOffset Until => new(Volatile.Read(ref _openUntil), TimeSpan.Zero);

    /// <summary>One try. Only while it is closed.</summary>
    /// <exception cref="BrokenCircuitException">It opened a moment ago; nothing was sent.</exception>
    /// <exception cref="ProviderFault">As the generator's.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> SendAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, IReadOnlyList<string> texts, CancellationToken token)
    {
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, token);
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (context, call) => await call.breaker.CountedAsync(call.generator, call.texts, context.CancellationToken),
                context,
                (breaker: this, generator, texts));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Somebody else was answered: whoever waits goes on at once.</summary>
    public async Task CloseAsync(CancellationToken token)
    {
        if (IsClosed)
            return;
        Interlocked.Exchange(ref _inARow, 0);
        await _control.CloseAsync(token);
        lock (_gate)
            _asking?.Answered.Cancel();
    }

    /// <summary>Ends when the breaker is closed. While somebody waits, the provider is asked; all who wait share that.</summary>
    /// <param name="generator">Sends the probe's sentences, if this caller is the first.</param>
    /// <param name="waiting">Told until when, after each try anew; with null when it is over.</param>
    /// <param name="token">Ends this caller's wait.</param>
    /// <exception cref="ProviderFault">The provider answered that a person must act, or <see cref="ErrorCodes.ProviderGone"/>.</exception>
    public async Task WhenClosedAsync(IEmbeddingGenerator<string, Embedding<float>> generator, Action<Wait?>? waiting, CancellationToken token)
    {
        while (!IsClosed)
        {
            var me = new Waiter(waiting ?? (_ => { }));
            Asking asking;
            lock (_gate)
            {
                asking = _asking ??= new Asking();
                asking.Waiters.Add(me);
                me.Tell(Why());
                asking.Closed ??= AskAsync(generator, asking);
            }

            try
            {
                await asking.Closed.WaitAsync(token);
            }
            finally
            {
                Leave(asking, me);
            }
        }
    }

    private async Task<GeneratedEmbeddings<Embedding<float>>> CountedAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, IReadOnlyList<string> texts, CancellationToken token)
    {
        try
        {
            var made = await generator.GenerateAsync(texts, cancellationToken: token);
            Interlocked.Exchange(ref _inARow, 0);
            return made;
        }
        catch (ProviderFault fault)
        {
            if (fault.Kind == ProviderFaultKind.Transient)
            {
                Volatile.Write(ref _last, fault);
                Interlocked.Increment(ref _inARow);
            }
            else
            {
                Interlocked.Exchange(ref _inARow, 0);
            }

            throw;
        }
    }

    private async Task AskAsync(IEmbeddingGenerator<string, Embedding<float>> generator, Asking asking)
    {
        var began = _time.GetUtcNow();
        while (!IsClosed)
        {
            // The first line of this method runs under the caller's lock; nothing may be sent there.
            await Task.Yield();
            try
            {
                await RestAsync(asking);
                if (!IsClosed)
                    await SendAsync(generator, ProviderProbe.Sentences, asking.Over.Token);
                return;
            }
            catch (BrokenCircuitException)
            {
                // By a hair too early.
            }
            catch (ProviderFault fault) when (fault.Kind == ProviderFaultKind.Transient)
            {
                if (_time.GetUtcNow() - began >= _breaks.GiveUp)
                    throw Gone(fault, began);
                lock (_gate)
                    asking.Waiters.ForEach(waiter => waiter.Tell(Why()));
            }
            catch (ProviderFault fault) when (fault.Kind is not (ProviderFaultKind.Quota or ProviderFaultKind.Credentials))
            {
                // It is there, whatever it thinks of the sentences.
                return;
            }
        }
    }

    /// <summary>Ends with the break, or as soon as somebody else was answered.</summary>
    private async Task RestAsync(Asking asking)
    {
        if (OpenUntil - _time.GetUtcNow() is not { } rest || rest <= TimeSpan.Zero)
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(asking.Over.Token, asking.Answered.Token);
        try
        {
            await Task.Delay(rest, _time, either.Token);
        }
        catch (OperationCanceledException) when (!asking.Over.IsCancellationRequested)
        {
            // Closed.
        }
    }

    private void Leave(Asking asking, Waiter me)
    {
        var last = false;
        lock (_gate)
        {
            asking.Waiters.Remove(me);
            me.Tell(null);
            if (asking.Waiters.Count == 0 || asking.Closed!.IsCompleted)
            {
                last = asking.Waiters.Count == 0;
                if (_asking == asking)
                    _asking = null;
            }
        }

        // Nobody waits any more, so nobody asks.
        if (last)
            asking.Over.Cancel();
    }

    private TimeSpan Break(int attempts)
    {
        // A failure inside may be one text's doing, and the sentences tell: there is nothing to wait for before they are sent.
        var length = attempts == 0 && Volatile.Read(ref _last) is { FailedInside: true } ? TimeSpan.Zero
            : TimeSpan.FromTicks(Math.Min(_breaks.Longest.Ticks, (long)(_breaks.First.Ticks * Math.Pow(2, Math.Min(attempts, 30)))));
        Volatile.Write(ref _openUntil, (_time.GetUtcNow() + length).UtcTicks);
        return length;
    }

    private Wait Why()
    {
        var fault = Volatile.Read(ref _last);
        return new($"{_host} has failed {Math.Max(Trips, Volatile.Read(ref _inARow))} times in a row ({fault?.Code}); it is asked again at {Until.UtcDateTime:HH:mm:ss} UTC, and no text is sent until it answers.", Until);
    }

    private ProviderFault Gone(ProviderFault fault, DateTimeOffset began) => new(
        ProviderFaultKind.Unwell, ErrorCodes.ProviderGone,
        $"{_host} has answered nothing since {began.UtcDateTime:yyyy-MM-dd HH:mm} UTC, although it was asked again and again. The last try: {fault.Code}. {fault.Happened}",
        "Find out whether the provider is up and whether this machine reaches it; resume the run when it answers.");

    private sealed class Asking
    {
        public List<Waiter> Waiters { get; } = [];

        public CancellationTokenSource Over { get; } = new();

        public CancellationTokenSource Answered { get; } = new();

        public Task? Closed { get; set; }
    }

    private sealed record Waiter(Action<Wait?> Tell);
}
