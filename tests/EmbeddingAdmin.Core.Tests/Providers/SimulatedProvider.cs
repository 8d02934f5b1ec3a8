using System.Text;
using EmbeddingAdmin.Providers;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Core.Tests.Providers;

/// <summary>A provider by a simulation's clock, with a token limit like OpenAI's: a bucket that fills continuously, and 429 with headers when it is empty.</summary>
internal sealed class SimulatedProvider(TimeProvider clock, long? tokensPerMinute = null) : IEmbeddingGenerator<string, Embedding<float>>
{
    private double _level = tokensPerMinute ?? 0;
    private long _at = clock.GetTimestamp();

    /// <summary>How long an answer takes, by the number of requests in flight.</summary>
    public Func<int, TimeSpan> Latency { get; init; } = _ => TimeSpan.FromSeconds(2);

    /// <summary>What it fails with at this moment for these texts; null when it is well.</summary>
    public Func<IReadOnlyList<string>, ProviderFault?> Fails { get; set; } = _ => null;

    /// <summary>Whether it tells of its limits.</summary>
    public bool HasHeaders { get; init; } = true;

    public int InFlight { get; private set; }

    public int MostInFlight { get; private set; }

    public int Requests { get; private set; }

    public int Limited { get; private set; }

    public int Probes { get; private set; }

    public double TokensTaken { get; private set; }

    /// <summary>When requests with other texts than the probe's came.</summary>
    public List<DateTimeOffset> Came { get; } = [];

    /// <summary>What a text is charged: more than anybody takes it for at first.</summary>
    public static long Tokens(string text) => Encoding.UTF8.GetByteCount(text) * 3 / 8;

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var texts = values.ToList();
        if (texts.SequenceEqual(ProviderProbe.Sentences))
            Probes++;
        else
            Came.Add(clock.GetUtcNow());
        Requests++;
        var fault = Fails(texts);
        var tokens = texts.Sum(Tokens);
        var headers = Take(tokens, out var wait);
        MostInFlight = Math.Max(MostInFlight, ++InFlight);
        try
        {
            await Task.Delay(fault is null && wait is null ? Latency(InFlight) : TimeSpan.FromMilliseconds(100), clock, cancellationToken);
        }
        finally
        {
            InFlight--;
        }

        if (fault is not null)
            throw fault;
        if (wait is not null)
            throw new ProviderFault(ProviderFaultKind.RateLimited, ErrorCodes.RateLimited, "It asks to slow down.") { RetryAfter = wait, Rates = headers };
        TokensTaken += tokens;
        var made = new GeneratedEmbeddings<Embedding<float>>(texts.Select(_ => new Embedding<float>(new float[] { 1 }))) { Usage = new() { TotalTokenCount = tokens, InputTokenCount = tokens } };
        RateHeaders.Attach(made, headers);
        return made;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    /// <summary>Takes from the bucket at the moment in which the request comes.</summary>
    private RateHeaders? Take(long tokens, out TimeSpan? wait)
    {
        wait = null;
        if (tokensPerMinute is not { } limit)
            return null;
        var now = clock.GetTimestamp();
        _level = Math.Min(limit, _level + (clock.GetElapsedTime(_at, now).TotalMinutes * limit));
        _at = now;
        if (_level >= tokens)
        {
            _level -= tokens;
        }
        else
        {
            Limited++;
            wait = TimeSpan.FromMinutes((tokens - _level) / limit);
        }

        return HasHeaders ? new(null, new(limit, (long)_level, TimeSpan.FromMinutes((limit - _level) / limit))) : null;
    }
}
