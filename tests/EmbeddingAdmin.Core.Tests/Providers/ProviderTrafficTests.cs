using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class ProviderTrafficTests
{
    private const int Preparers = 8;

    private static readonly EmbeddingModel Model = new("openai", "api.example.com", "a-model", 1);

    private readonly Simulation _simulation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(40_000, null, false)]
    [InlineData(40_000, 40_000, false)]
    [InlineData(40_000, 1_000_000, false)]
    [InlineData(40_000, 40_000, true)]
    public void A_day_uses_its_token_limit_and_never_runs_into_it(int perMinute, int? set, bool silent)
    {
        using var provider = new SimulatedProvider(_simulation.Clock, perMinute) { HasHeaders = !silent };
        using var traffic = Traffic(tokensPerMinute: set);
        var call = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic);
        var day = TimeSpan.FromDays(1);
        // A sixteenth of a minute's tokens on average, from a sixtieth to an eighth.
        string[][] requests = [.. Enumerable.Range(0, 101).Select(i => new[] { new string('x', (perMinute * 8 / 180) + (i * 37 % 101 * perMinute * 8 / 2850)) })];

        Prepare(async (preparer, nth) =>
        {
            await call.EmbedAsync(requests[((nth * Preparers) + preparer) % requests.Length], token: Cancel);
            return _simulation.Elapsed < day;
        });

        Assert.Equal(0, provider.Limited);
        Assert.InRange(provider.TokensTaken / (perMinute * _simulation.Elapsed.TotalMinutes), 0.95, 1.01);
    }

    [Fact]
    public void A_limit_that_others_use_as_well_is_seen_by_what_remains()
    {
        using var provider = new SimulatedProvider(_simulation.Clock, 1_000_000);
        using var traffic = Traffic();
        var (mine, others) = (new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic), new string('x', 533_333));

        _simulation.Run(async () =>
        {
            await mine.EmbedAsync([new string('x', 266_667)], token: Cancel);
            await provider.GenerateAsync([others]);
            await provider.GenerateAsync([others]);
            await mine.EmbedAsync(["a word"]);
        });

        // 900,000 went, and in three answers' time 6 s of what a minute brings came back.
        Assert.Equal((1_000_000, RateSource.Headers), (traffic.State.TokensPerMinute, traffic.State.TokensFrom));
        Assert.InRange(traffic.State.TokensRemaining!.Value, 500_000, 1_000_000 - 500_000 + 140_000);
    }

    [Fact]
    public void A_provider_that_is_away_for_an_hour_costs_an_hour_and_a_handful_of_probes()
    {
        var (from, until) = (TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(65));
        var gone = new ProviderFault(ProviderFaultKind.Transient, ErrorCodes.ProviderUnreachable, "It could not be reached.");
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = _ => _simulation.Elapsed >= from && _simulation.Elapsed < until ? gone : null;
        using var traffic = Traffic();
        var call = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic);
        var waits = new List<Wait>();
        DateTimeOffset? opened = null;

        Prepare(async (_, nth) =>
        {
            await call.EmbedAsync(["a text"], wait =>
            {
                if (wait?.Why.Contains("in a row", StringComparison.Ordinal) != true)
                    return;
                opened ??= _simulation.Clock.GetUtcNow();
                waits.Add(wait);
            });
            return nth < 600;
        });

        var begin = _simulation.Clock.GetUtcNow() - _simulation.Elapsed;
        Assert.InRange(provider.Probes, 2, 20);
        Assert.NotNull(opened);
        Assert.DoesNotContain(provider.Came, came => came > opened && came < begin + until);
        var back = provider.Came.First(came => came > opened) - begin;
        Assert.InRange(back, until, until + TimeSpan.FromMinutes(5));
        // Every wait tells when it is looked at again, by the same time as its sentence.
        Assert.All(waits, wait => Assert.StartsWith("api.example.com has failed", wait.Why, StringComparison.Ordinal));
        Assert.All(waits, wait => Assert.Contains($"it is asked again at {wait.Until!.Value.UtcDateTime:HH:mm:ss} UTC", wait.Why, StringComparison.Ordinal));
        Assert.Null(traffic.State.OpenUntil);
    }

    [Fact]
    public void A_probe_that_somebody_asks_for_and_that_is_answered_ends_the_wait_at_once()
    {
        var broken = true;
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = _ => broken ? new(ProviderFaultKind.Transient, ErrorCodes.ProviderTimeout, "No answer.") : null;
        using var traffic = Traffic();
        var call = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic);
        // Between two of the tries that come by themselves, which are five minutes apart by then.
        var mended = TimeSpan.FromMinutes(21);

        _simulation.Run(async () =>
        {
            var waiting = Task.WhenAll(call.EmbedAsync(["a text"], token: Cancel), call.EmbedAsync(["another"], token: Cancel));
            await Task.Delay(mended, _simulation.Clock, Cancel);
            Assert.True(traffic.State.IsOpen);
            broken = false;
            await traffic.AnsweredAsync(Cancel);
            await waiting;
        });

        Assert.InRange(_simulation.Elapsed, mended, mended + TimeSpan.FromSeconds(5));
        Assert.False(traffic.State.IsOpen);
    }

    [Fact]
    public void Four_faults_in_a_row_open_nothing_and_the_fifth_does()
    {
        var left = 4;
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = _ => left-- > 0 ? new(ProviderFaultKind.Transient, ErrorCodes.ProviderTimeout, "No answer.") : null;
        using var traffic = Traffic();

        // Two requests, so that neither has its tries used up: it is counted over all of them.
        Prepare(async (_, _) =>
        {
            await new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic).EmbedAsync(["a text"], token: Cancel);
            return false;
        }, preparers: 2);
        Assert.Equal(0, provider.Probes);

        left = 5;
        Prepare(async (_, _) =>
        {
            await new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic).EmbedAsync(["a text"], token: Cancel);
            return false;
        }, preparers: 2);
        Assert.Equal(1, provider.Probes);
    }

    [Theory]
    [InlineData(ProviderFaultKind.RateLimited, true)]
    [InlineData(ProviderFaultKind.BadText, true)]
    [InlineData(ProviderFaultKind.BadAnswer, true)]
    [InlineData(ProviderFaultKind.Quota, false)]
    [InlineData(ProviderFaultKind.Credentials, false)]
    public void Whatever_answers_the_probe_is_alive_and_what_a_person_must_settle_comes_out_to_everybody(ProviderFaultKind kind, bool goesOn)
    {
        var faults = new List<ProviderFault>();
        var broken = true;
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = texts =>
        {
            if (texts.SequenceEqual(ProviderProbe.Sentences))
            {
                broken = false;
                return new(kind, "EA-PRV-00", "What it says to the probe.");
            }

            return broken ? new(ProviderFaultKind.Transient, ErrorCodes.ProviderFailed, "It failed.") { HttpStatus = 503 } : null;
        };
        using var traffic = Traffic();
        var call = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic);

        Prepare(async (_, _) =>
        {
            try
            {
                await call.EmbedAsync(["a text"], token: Cancel);
            }
            catch (ProviderFault fault)
            {
                faults.Add(fault);
            }

            return false;
        });

        Assert.Equal(1, provider.Probes);
        Assert.Equal(goesOn ? 0 : Preparers, faults.Count);
        Assert.All(faults, fault => Assert.Equal(kind, fault.Kind));
        Assert.False(traffic.State.IsOpen);
    }

    [Fact]
    public void A_provider_that_is_away_for_a_day_is_left_to_a_person()
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = _ => new(ProviderFaultKind.Transient, ErrorCodes.ProviderUnreachable, "It could not be reached.");
        using var traffic = Traffic();
        ProviderFault? fault = null;

        _simulation.Run(async () =>
        {
            // As a run does: when a request's tries are used up, it asks the sentences.
            await Assert.ThrowsAsync<ProviderFault>(() => Call().EmbedAsync(["a text"], token: Cancel));
            fault = await Assert.ThrowsAsync<ProviderFault>(() => Call().EmbedAsync(ProviderProbe.Sentences, token: Cancel));
        });

        Assert.Equal((ProviderFaultKind.Unwell, ErrorCodes.ProviderGone), (fault!.Kind, fault.Code));
        Assert.StartsWith("api.example.com has answered nothing since 2026-01-01 00:00 UTC", fault.Happened, StringComparison.Ordinal);
        Assert.InRange(_simulation.Elapsed, TimeSpan.FromHours(24), TimeSpan.FromHours(24.2));

        // Whoever resumes asks anew.
        provider.Fails = _ => null;
        _simulation.Run(() => Call().EmbedAsync(["a text"], token: Cancel));

        EmbeddingCall Call() => new(provider, _simulation.Clock, () => 0.5, traffic);
    }

    [Fact]
    public void What_one_is_asked_to_wait_all_wait()
    {
        var limits = 1;
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = _ => limits-- > 0 ? new(ProviderFaultKind.RateLimited, ErrorCodes.RateLimited, "It asks to slow down.") { RetryAfter = TimeSpan.FromSeconds(30) } : null;
        using var traffic = Traffic();
        var other = new List<Wait?>();

        _simulation.Run(async () =>
        {
            var first = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic).EmbedAsync(["a text"], token: Cancel);
            await Task.Delay(TimeSpan.FromSeconds(1), _simulation.Clock, Cancel);
            await new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic).EmbedAsync(["another"], other.Add, Cancel);
            await first;
        });

        Assert.All(provider.Came.Skip(1), came => Assert.Equal(30.1, (came - provider.Came[0]).TotalSeconds, 3));
        Assert.Equal(["Waiting 30 s for api.example.com (EA-PRV-18). It asks to slow down.", null], other.Select(wait => wait?.Why));
        Assert.Equal(2, traffic.State.Concurrency);
    }

    [Fact]
    public void An_own_limit_is_said_when_it_is_waited_for()
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        using var traffic = Traffic(requestsPerMinute: 2);
        var waits = new List<Wait?>();
        var call = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic);

        _simulation.Run(async () =>
        {
            for (var i = 0; i < 3; i++)
                await call.EmbedAsync(["a text"], waits.Add, Cancel);
        });

        Assert.Equal(["Holding to 2 requests a minute at api.example.com.", null], waits.Select(wait => wait?.Why));
        Assert.Equal(30, (provider.Came[2] - provider.Came[0]).TotalSeconds, 1);
        Assert.Equal((2, RateSource.Settings, 0), (traffic.State.RequestsPerMinute, traffic.State.RequestsFrom, traffic.State.RequestsRemaining));
    }

    [Fact]
    public void Retries_are_bounded_by_a_budget_that_requests_bring_back()
    {
        var n = 0;
        using var provider = new SimulatedProvider(_simulation.Clock);
        // Two of three fail: never five in a row.
        provider.Fails = _ => ++n % 3 > 0 ? new(ProviderFaultKind.Transient, ErrorCodes.ProviderFailed, "It failed.") { HttpStatus = 503 } : null;
        using var traffic = Traffic();
        var call = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic);
        ProviderFault? fault = null;

        _simulation.Run(async () => fault = await Assert.ThrowsAsync<ProviderFault>(async () =>
        {
            while (true)
                await call.EmbedAsync(["a text"], token: Cancel);
        }));

        // Each request costs 2 retries and brings 0.2: 20 last for 11 requests and a bit.
        Assert.Equal((ProviderFaultKind.Unwell, ErrorCodes.RetriesSpent, 12), (fault!.Kind, fault.Code, provider.Came.Count / 3 + 1));
        Assert.StartsWith("12 requests had to be sent again 22 times", fault.Happened, StringComparison.Ordinal);
        n = 0;
        _simulation.Run(() => new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic).EmbedAsync(["a text"], token: Cancel));
    }

    [Fact]
    public void A_rate_limit_is_waited_out_for_hours_and_spends_no_retries()
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = _ => _simulation.Elapsed < TimeSpan.FromHours(3) ? new(ProviderFaultKind.RateLimited, ErrorCodes.RateLimited, "It asks to slow down.") : null;
        using var traffic = Traffic();

        _simulation.Run(() => new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic).EmbedAsync(["a text"], token: Cancel));

        Assert.InRange(_simulation.Elapsed, TimeSpan.FromHours(3), TimeSpan.FromHours(3) + TimeSpan.FromMinutes(1));
        Assert.Equal((0, 1), (provider.Probes, traffic.State.Concurrency));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(2)]
    public void As_many_requests_are_in_flight_as_help(int help)
    {
        using var provider = new SimulatedProvider(_simulation.Clock) { Latency = inFlight => TimeSpan.FromSeconds(inFlight <= help ? 1 : (double)inFlight / help) };
        using var traffic = Traffic();
        var call = new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic);
        var seen = new List<int>();

        Prepare(async (_, _) =>
        {
            await call.EmbedAsync(["a text"], token: Cancel);
            seen.Add(traffic.State.Concurrency);
            return _simulation.Elapsed < TimeSpan.FromHours(1);
        });

        Assert.InRange(seen.Skip(seen.Count / 2).Average(), help - 1, Math.Max(4, help) + 1);
        Assert.InRange(provider.MostInFlight, 4, Preparers);
    }

    private ProviderTraffic Traffic(int? requestsPerMinute = null, int? tokensPerMinute = null) =>
        new(Model, new EmbeddingOptions { Concurrency = Preparers, RequestsPerMinute = requestsPerMinute, TokensPerMinute = tokensPerMinute }, _simulation.Clock);

    private void Prepare(Func<int, int, Task<bool>> next, int preparers = Preparers) => _simulation.Run(() => Task.WhenAll(Enumerable.Range(0, preparers).Select(async preparer =>
    {
        for (var nth = 0; await next(preparer, nth); nth++)
        {
            // The next one.
        }
    })));
}
