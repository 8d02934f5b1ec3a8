using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>What the scripted provider has seen so far.</summary>
public sealed class ProviderCounts
{
    // The process that is to ask may have to be started first, on a machine that starts many.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _calls;
    private long _texts;
    private long _tokens;
    private long _answered;
    private long _probes;
    private int _inFlight;
    private int _mostInFlight;

    /// <summary>Requests that only try the provider; no other count has them.</summary>
    public long Probes => Interlocked.Read(ref _probes);

    /// <summary>Calls that have begun.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Calls that were answered to their end, with whatever status.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Texts of all calls.</summary>
    public long Texts => Interlocked.Read(ref _texts);

    /// <summary>Tokens charged: those of answers with vectors.</summary>
    public long Tokens => Interlocked.Read(ref _tokens);

    /// <summary>Calls that are being answered now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The most calls that were in flight at once.</summary>
    public int MostInFlight => Volatile.Read(ref _mostInFlight);

    /// <summary>How often this text was sent.</summary>
    public int Seen(string text) => _seen.GetValueOrDefault(Hash(text));

    /// <summary>How many texts were sent more than once.</summary>
    public int SeenAgain => _seen.Values.Count(times => times > 1);

    /// <summary>Waits until the counts are as asked; gives up when nothing has changed for three minutes.</summary>
    public async Task WhenAsync(Predicate<ProviderCounts> condition, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            if (condition(this))
                return;
            await changed.WaitAsync(Patience, TimeProvider.System, token);
        }
    }

    internal void Probe()
    {
        Interlocked.Increment(ref _probes);
        Signal();
    }

    internal long Begin(IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
            _seen.AddOrUpdate(Hash(text), 1, (_, times) => times + 1);
        Interlocked.Add(ref _texts, texts.Count);
        var call = Interlocked.Increment(ref _calls);
        lock (_lock)
        {
            _inFlight++;
            _mostInFlight = Math.Max(_mostInFlight, _inFlight);
        }

        Signal();
        return call;
    }

    internal void Charge(long tokens) => Interlocked.Add(ref _tokens, tokens);

    internal void End(bool answered)
    {
        lock (_lock)
            _inFlight--;
        if (answered)
            Interlocked.Increment(ref _answered);
        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
