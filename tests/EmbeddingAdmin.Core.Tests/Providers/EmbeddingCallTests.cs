using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing.Time;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class EmbeddingCallTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly List<Wait?> _waits = [];

    // By the real clock: what waits for a fake one forever shall fail, not hang.
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);

    private CancellationToken Token => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task What_may_heal_is_tried_four_times_with_growing_pauses()
    {
        using var provider = new Faulty(Fault(ProviderFaultKind.Transient), 10);
        var begin = _clock.GetUtcNow();

        var call = Call(provider, jitter: 0.5).EmbedAsync(["a"], _waits.Add, Token);
        foreach (var seconds in (double[])[0.5, 1, 2])
        {
            await _clock.WhenTimersAsync(1, Token);
            _clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await Assert.ThrowsAsync<ProviderFault>(() => call);
        Assert.Equal(4, provider.Calls);
        Assert.Equal([0.5, null, 1.5, null, 3.5, null], _waits.Select(wait => (wait?.Until - begin)?.TotalSeconds));
    }

    [Fact]
    public async Task A_fault_that_heals_is_not_seen_by_the_caller()
    {
        using var provider = new Faulty(Fault(ProviderFaultKind.RateLimited), 1);

        var call = Call(provider, jitter: 0.999).EmbedAsync(["a"], _waits.Add, Token);
        await _clock.WhenTimersAsync(1, Token);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Single(await call);
        Assert.Equal(2, provider.Calls);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(7)]
    [InlineData(60)]
    public async Task What_the_provider_asks_for_is_waited_for_to_the_second(double seconds)
    {
        using var provider = new Faulty(Fault(ProviderFaultKind.RateLimited, TimeSpan.FromSeconds(seconds)), 1);
        var begin = _clock.GetUtcNow();

        var call = Call(provider, jitter: 0).EmbedAsync(["a"], _waits.Add, Token);
        await _clock.WhenTimersAsync(1, Token);
        _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _clock.Timers);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await call;

        Assert.Equal([seconds, null], _waits.Select(wait => (wait?.Until - begin)?.TotalSeconds));
        Assert.Equal(2, provider.Calls);
    }

    [Fact]
    public async Task A_rate_limit_is_waited_out_longer_and_not_for_ever()
    {
        using var provider = new Faulty(Fault(ProviderFaultKind.RateLimited), 20);

        var call = Call(provider, jitter: 1).EmbedAsync(["a"], _waits.Add, Token);
        foreach (var seconds in (double[])[1, 2, 4, 8, 16, 32, 60, 60, 60])
        {
            await _clock.WhenTimersAsync(1, Token);
            _clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await Assert.ThrowsAsync<ProviderFault>(() => call);
        Assert.Equal(EmbeddingCall.RateLimitedTries, provider.Calls);
    }

    [Fact]
    public async Task A_longer_wait_than_a_minute_is_the_caller_s_to_decide()
    {
        using var provider = new Faulty(Fault(ProviderFaultKind.RateLimited, TimeSpan.FromSeconds(61)), 1);

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => Call(provider).EmbedAsync(["a"], _waits.Add, Token));

        Assert.Equal(TimeSpan.FromSeconds(61), fault.RetryAfter);
        Assert.Equal(1, provider.Calls);
    }

    [Theory]
    [InlineData(ProviderFaultKind.Quota)]
    [InlineData(ProviderFaultKind.Credentials)]
    [InlineData(ProviderFaultKind.BadText)]
    [InlineData(ProviderFaultKind.Unwell)]
    public async Task What_does_not_heal_is_never_tried_again(ProviderFaultKind kind)
    {
        using var provider = new Faulty(Fault(kind, TimeSpan.FromSeconds(1)), 10);

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => Call(provider).EmbedAsync(["a"], _waits.Add, Token));

        Assert.Equal(kind, fault.Kind);
        Assert.Equal(1, provider.Calls);
        Assert.Empty(_waits);
    }

    [Fact]
    public async Task An_answer_that_makes_no_sense_is_asked_for_once_more()
    {
        foreach (var (times, calls) in ((int, int)[])[(1, 2), (10, 2)])
        {
            using var provider = new Faulty(Fault(ProviderFaultKind.BadAnswer), times);
            var call = Call(provider).EmbedAsync(["a"], _waits.Add, Token);
            if (times == 1)
                Assert.Single(await call);
            else
                Assert.Equal(ProviderFaultKind.BadAnswer, (await Assert.ThrowsAsync<ProviderFault>(() => call)).Kind);
            Assert.Equal(calls, provider.Calls);
        }
    }

    [Fact]
    public async Task A_vector_of_one_text_that_is_refused_is_not_asked_for_with_all_the_others_again()
    {
        using var provider = new Faulty(new(ProviderFaultKind.BadAnswer, "EA-PRV-11", "Said for a test.") { TextIndex = 0 }, 10);

        await Assert.ThrowsAsync<ProviderFault>(() => Call(provider).EmbedAsync(["a"], _waits.Add, Token));

        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task A_pause_between_tries_ends_when_the_run_does()
    {
        using var provider = new Faulty(Fault(ProviderFaultKind.Transient), 10);
        using var run = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var call = Call(provider, jitter: 0.5).EmbedAsync(["a"], _waits.Add, run.Token);
        await _clock.WhenTimersAsync(1, Token);
        await run.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, CancellationToken.None));
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task The_first_pause_is_drawn_between_nothing_and_a_second()
    {
        var pauses = new List<TimeSpan>();
        foreach (var expected in Enumerable.Range(0, 200))
        {
            using var provider = new Faulty(Fault(ProviderFaultKind.Transient), 10);
            using var run = CancellationTokenSource.CreateLinkedTokenSource(Token);
            // A pause of nearly nothing is over at once, and the next one is longer: only the first counts here.
            var call = new EmbeddingCall(provider, _clock).EmbedAsync(["a"], wait => pauses.AddRange(pauses.Count == expected && wait is not null ? [wait.Until!.Value - _clock.GetUtcNow()] : []), run.Token);
            await _clock.WhenTimersAsync(1, Token);
            await run.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        Assert.All(pauses, pause => Assert.InRange(pause, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        Assert.Contains(pauses, pause => pause < TimeSpan.FromSeconds(0.25));
        Assert.Contains(pauses, pause => pause > TimeSpan.FromSeconds(0.75));
    }

    private EmbeddingCall Call(Faulty provider, double jitter = 0) => new(provider, _clock, () => jitter);

    private static ProviderFault Fault(ProviderFaultKind kind, TimeSpan? retryAfter = null)
        => new(kind, "EA-PRV-00", "Said for a test.") { RetryAfter = retryAfter };

    /// <summary>Fails so many times, then answers.</summary>
    private sealed class Faulty(ProviderFault fault, int times) : IEmbeddingGenerator<string, Embedding<float>>
    {
        public int Calls { get; private set; }

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
            => ++Calls <= times
                ? throw fault
                : Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(_ => new Embedding<float>(new float[] { 1 }))));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
