using System.Text;
using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// The way from a packed request to the provider, shared by all runs and preparers of this process: it holds to the limits per minute, to the
/// pause that the provider asked one of them for, to as many requests in flight as help, and sends nothing to a provider that does not answer.
/// One for each host and model, whatever the length of the vectors.
/// </summary>
public sealed class ProviderTraffic : IDisposable
{
    // Less is not worth a word.
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(2);

    private readonly EmbeddingModel _model;
    private readonly TimeProvider _time;
    private readonly RateLimit _requests;
    private readonly RateLimit _tokens;
    private readonly ProviderBreaker _breaker;
    private readonly Flights _flights;
    private readonly Lock _gate = new();
    private readonly TokenRatio _ratio = new();
    private ProviderWait? _held;

    /// <param name="model">The host and the model that it is for.</param>
    /// <param name="options">The settings: limits and concurrency.</param>
    /// <param name="time">The clock.</param>
    public ProviderTraffic(EmbeddingModel model, EmbeddingOptions options, TimeProvider time)
        : this(model, options, time, ProviderBreaks.Default)
    {
    }

    internal ProviderTraffic(EmbeddingModel model, EmbeddingOptions options, TimeProvider time, ProviderBreaks breaks)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        (_model, _time) = (model, time);
        (_requests, _tokens) = (new RateLimit(options.RequestsPerMinute, time), new RateLimit(options.TokensPerMinute, time));
        _breaker = new ProviderBreaker(model.Host, breaks, time);
        _flights = new Flights(options.Concurrency, time);
    }

    /// <summary>How it stands now.</summary>
    public TrafficState State
    {
        get
        {
            var flights = _flights.Count;
            return new()
            {
                Host = _model.Host,
                Model = _model.Model,
                AsOf = _time.GetUtcNow(),
                RequestsPerMinute = _requests.Bucket.PerMinute,
                RequestsFrom = _requests.From,
                RequestsRemaining = _requests.Bucket.Remaining,
                TokensPerMinute = _tokens.Bucket.PerMinute,
                TokensFrom = _tokens.From,
                TokensRemaining = _tokens.Bucket.Remaining,
                TokensPerByte = _ratio.PerByte,
                InFlight = flights.InFlight,
                Concurrency = flights.Allowed,
                MostConcurrency = flights.Most,
                HeldUntil = Held()?.Until,
                OpenUntil = _breaker.OpenUntil,
            };
        }
    }

    /// <summary>The provider's host.</summary>
    internal string Host => _model.Host;

    /// <summary>A probe was answered: if the provider was left alone, that is over.</summary>
    public Task AnsweredAsync(CancellationToken cancel) => _breaker.CloseAsync(cancel);

    /// <summary>One try of a request, when its turn has come.</summary>
    /// <param name="generator">Sends it.</param>
    /// <param name="texts">Its texts.</param>
    /// <param name="waiting">Told what is waited for, and null when that is over.</param>
    /// <param name="token">Ends the wait and the try at once.</param>
    /// <exception cref="ProviderFault">The try's fault, or one that the breaker found out for everybody.</exception>
    internal async Task<GeneratedEmbeddings<Embedding<float>>> SendAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, IReadOnlyList<string> texts, Action<Wait?> waiting, CancellationToken token)
    {
        var bytes = texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
        while (true)
        {
            await _breaker.WhenClosedAsync(generator, waiting, token);
            await HoldAsync(waiting, token);
            using var seat = await _flights.SeatAsync(token);
            var tokens = await TakeAsync(bytes, waiting, token);
            if (!_breaker.IsClosed || Held() is not null)
            {
                GiveBack(tokens);
                continue;
            }

            try
            {
                return await FlyAsync(generator, texts, new Flight(bytes, tokens, _time.GetTimestamp(), _requests.TakenEver, _tokens.TakenEver), token);
            }
            catch (BrokenCircuitException)
            {
                GiveBack(tokens);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _requests.Dispose();
        _tokens.Dispose();
    }

    private async Task HoldAsync(Action<Wait?> waiting, CancellationToken token)
    {
        while (Held() is { } held)
        {
            waiting(held.Say(_model.Host, _time));
            // Timers count whole milliseconds: a shorter wait would be none, and be asked for again and again.
            var rest = Math.Ceiling(Math.Max(0, (held.Until - _time.GetUtcNow()).TotalMilliseconds));
            await Task.Delay(TimeSpan.FromMilliseconds(rest), _time, token);
            waiting(null);
        }
    }

    /// <summary>The pause that the provider asked one request for, and that holds for all; null when there is none.</summary>
    private ProviderWait? Held()
    {
        lock (_gate)
            return _held is { } held && held.Until > _time.GetUtcNow() ? held : null;
    }

    private async Task<int> TakeAsync(long bytes, Action<Wait?> waiting, CancellationToken token)
    {
        var tokens = _ratio.Estimate(bytes);
        var says = Say(_requests.Bucket.WaitFor(1), $"{_requests.Bucket.PerMinute:N0} requests", waiting) | Say(_tokens.Bucket.WaitFor(tokens), $"{_tokens.Bucket.PerMinute:N0} tokens", waiting);
        await _requests.TakeAsync(1, token);
        try
        {
            await _tokens.TakeAsync(tokens, token);
        }
        catch
        {
            _requests.Return(1);
            throw;
        }

        if (says)
            waiting(null);
        return tokens;
    }

    private bool Say(TimeSpan wait, string limit, Action<Wait?> waiting)
    {
        if (wait < WorthSaying)
            return false;
        waiting(new($"Holding to {limit} a minute at {_model.Host}.", _time.GetUtcNow() + wait));
        return true;
    }

    private void GiveBack(int tokens)
    {
        _requests.Return(1);
        _tokens.Return(tokens);
    }

    private async Task<GeneratedEmbeddings<Embedding<float>>> FlyAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, IReadOnlyList<string> texts, Flight flight, CancellationToken token)
    {
        _flights.Begin(flight.At);
        try
        {
            var made = await _breaker.SendAsync(generator, texts, token);
            Answered(flight, made);
            return made;
        }
        catch (ProviderFault fault)
        {
            Correct(flight, fault.Rates);
            if (fault.Kind == ProviderFaultKind.RateLimited)
                SlowDown(flight, fault);
            throw;
        }
        finally
        {
            _flights.End();
        }
    }

    private void Answered(Flight flight, GeneratedEmbeddings<Embedding<float>> made)
    {
        if (made.Usage?.TotalTokenCount is { } used)
        {
            _ratio.Learn(flight.Bytes, used);
            _tokens.Return(flight.Tokens - used);
            flight = flight with { TokensThen = flight.TokensThen - flight.Tokens + used };
        }

        Correct(flight, RateHeaders.Of(made));
        _flights.Answered(flight.Bytes, flight.At);
    }

    private void Correct(Flight flight, RateHeaders? said)
    {
        var since = _time.GetElapsedTime(flight.At);
        if (said?.Requests is { } requests)
            _requests.Correct(requests, _requests.TakenEver - flight.RequestsThen, since);
        if (said?.Tokens is { } tokens)
            _tokens.Correct(tokens, _tokens.TakenEver - flight.TokensThen, since);
    }

    private void SlowDown(Flight flight, ProviderFault fault)
    {
        _flights.SlowDown(flight.At);
        // A longer one pauses the run; whoever resumes it means to ask again.
        if (fault.RetryAfter is not { } asked || asked > EmbeddingCall.LongestWait)
            return;
        var until = _time.GetUtcNow() + asked;
        lock (_gate)
        {
            if (_held is null || until > _held.Until)
                _held = new(fault, 0, until);
        }
    }

    /// <summary>A request on its way.</summary>
    /// <param name="Bytes">UTF-8 bytes of its texts.</param>
    /// <param name="Tokens">What was taken for it.</param>
    /// <param name="At">When it was sent.</param>
    /// <param name="RequestsThen">All requests that were taken by then, with this one.</param>
    /// <param name="TokensThen">All tokens that were taken by then, with this one's.</param>
    private sealed record Flight(long Bytes, int Tokens, long At, double RequestsThen, double TokensThen);
}
