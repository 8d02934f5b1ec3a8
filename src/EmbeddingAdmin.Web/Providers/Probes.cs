using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Web.Providers;

/// <summary>What is known of a provider's probes: of the last that ended, and of the one that is under way.</summary>
/// <param name="Since">Since when one is under way; null while none is.</param>
/// <param name="By">Who asked for the last one.</param>
/// <param name="Last">What the last one came to; null when it was never probed since the program began.</param>
/// <param name="Price">The price of then; null when the model has none.</param>
public sealed record ProbeState(DateTimeOffset? Since = null, string? By = null, ProbeReport? Last = null, ModelPrice? Price = null)
{
    /// <summary>Nothing is known.</summary>
    public static ProbeState Never { get; } = new();

    /// <summary>What the last probe cost; null when it is not known, or nothing was charged.</summary>
    public decimal? Cost => Last?.Tokens is { } tokens && Price is { } price ? price.Of(tokens) : null;
}

/// <summary>
/// The probes of this process: one of each provider at a time, few altogether, each in the audit trail, and the last of each provider remembered
/// for all pages. Whoever comes too soon is refused, and nothing is sent.
/// </summary>
public sealed class Probes(ProviderProbe probe, PriceList prices, EventLog events, TimeProvider clock) : IDisposable
{
    /// <summary>The least time between two probes of a provider.</summary>
    public static TimeSpan Between { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Probes of all providers in a minute.</summary>
    public const int AMinute = 12;

    private readonly PartitionedRateLimiter<EmbeddingModel> _one = PartitionedRateLimiter.Create<EmbeddingModel, EmbeddingModel>(
        model => RateLimitPartition.GetConcurrencyLimiter(model, _ => new() { PermitLimit = 1, QueueLimit = 0 }));

    private readonly ConcurrentDictionary<EmbeddingModel, RateBucket> _each = new();
    private readonly RateBucket _all = Bucket(AMinute, TimeSpan.FromMinutes(1), clock);
    private readonly Lock _gate = new();
    private ImmutableDictionary<EmbeddingModel, ProbeState> _states = ImmutableDictionary<EmbeddingModel, ProbeState>.Empty;
    private ImmutableDictionary<EmbeddingModel, long> _began = ImmutableDictionary<EmbeddingModel, long>.Empty;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>What is known of a provider.</summary>
    public ProbeState Of(EmbeddingModel model) => Now().States.GetValueOrDefault(model, ProbeState.Never);

    /// <summary>What is known of a provider, now and whenever it changes.</summary>
    public async IAsyncEnumerable<ProbeState> WatchAsync(EmbeddingModel model, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ProbeState? shown = null;
        while (true)
        {
            var (states, changed) = Now();
            if (states.GetValueOrDefault(model, ProbeState.Never) is var state && state != shown)
                yield return shown = state;
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Probes a provider. What it came to is remembered also where it cannot be written down.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="tables">The tables that use it, for the audit trail.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.ProbedTooOften"/>: nothing was sent.</exception>
    public async Task<ProbeReport> ProbeAsync(EmbeddingProvider provider, IReadOnlyList<string> tables, Actor actor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(actor);
        var model = provider.Model;
        using var one = _one.AttemptAcquire(model);
        if (!one.IsAcquired)
            throw TooSoon($"{Named(model)} is being probed now, and its answer is shown here.", Rest(model));
        using var each = _each.GetOrAdd(model, _ => Bucket(1, Between, clock)).AttemptAcquire();
        if (!each.IsAcquired)
            throw TooSoon($"{Named(model)} was probed a moment ago.", Rest(model));
        using var all = _all.AttemptAcquire();
        if (!all.IsAcquired)
            throw TooSoon($"Providers were probed {AMinute} times in a minute.", _all.WaitFor(1));

        var report = await ProbeAsync(provider, actor, cancellationToken);
        await events.RecordAsync(actor, null, "provider.probed", $"A probe of {Named(model)} for {string.Join(", ", tables)}. {report.Sentence}", cancellationToken, report.Code);
        return report;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _one.Dispose();
        foreach (var bucket in _each.Values.Append(_all))
            bucket.Dispose();
    }

    private async Task<ProbeReport> ProbeAsync(EmbeddingProvider provider, Actor actor, CancellationToken cancel)
    {
        var model = provider.Model;
        Become(model, state => state with { Since = clock.GetUtcNow(), By = actor.Name });
        ProbeReport? report = null;
        try
        {
            return report = await probe.ProbeAsync(provider, cancel);
        }
        finally
        {
            Become(model, state => report is null ? state with { Since = null } : new(null, actor.Name, report, prices.Find(model)));
        }
    }

    private void Become(EmbeddingModel model, Func<ProbeState, ProbeState> change)
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            var state = change(_states.GetValueOrDefault(model, ProbeState.Never));
            _states = _states.SetItem(model, state);
            if (state.Since is not null)
                _began = _began.SetItem(model, clock.GetTimestamp());
            (told, _changed) = (_changed, NewSignal());
        }

        told.SetResult();
    }

    private (ImmutableDictionary<EmbeddingModel, ProbeState> States, Task Changed) Now()
    {
        lock (_gate)
            return (_states, _changed.Task);
    }

    private TimeSpan Rest(EmbeddingModel model)
    {
        lock (_gate)
            return _began.TryGetValue(model, out var began) && Between - clock.GetElapsedTime(began) is { Ticks: > 0 } rest ? rest : TimeSpan.FromSeconds(1);
    }

    private static string Named(EmbeddingModel model) => model.Provider == LocalEmbeddings.ProviderName ? $"{model.Model} {model.Host}" : $"{model.Model} at {model.Host}";

    private static EmbeddingAdminException TooSoon(string why, TimeSpan rest) =>
        new(ErrorCodes.ProbedTooOften, $"{why} Nothing was sent. Try again in {Math.Ceiling(rest.TotalSeconds):0} s.");

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static RateBucket Bucket(int permits, TimeSpan fill, TimeProvider clock)
    {
        var bucket = new RateBucket(clock);
        bucket.Limit(permits, fill);
        return bucket;
    }
}
