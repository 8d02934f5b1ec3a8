using System.Text.Json;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>What the scripted provider does; every change takes effect with the next call, a release at once.</summary>
/// <param name="time">The clock that limits of a minute go by.</param>
public sealed class Script(TimeProvider time)
{
    private static readonly ScriptedAnswer Unavailable = Deviation.Named("http-503").Answer;

    private readonly Lock _lock = new();
    private readonly Queue<(string Name, ScriptedAnswer Answer)> _next = [];
    private readonly List<PlayedRule> _rules = [];
    private TaskCompletionSource? _hanging;
    private TaskCompletionSource _cleared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MinuteLimits? _rate;
    private int _held;
    private int _steps;

    /// <summary>The answer to a probe; beside it only <see cref="Key"/>, <see cref="Down"/> and <see cref="Limits"/> hold for it, and no other count.</summary>
    public ScriptedAnswer Probe { get; set; } = new();

    /// <summary>The only key that is taken; every request with another is refused in words that quote it. Null takes all.</summary>
    public string? Key { get; set; }

    /// <summary>Whether it is down; for probes too.</summary>
    public Outage Down { get; set; }

    /// <summary>What it takes; null takes everything. Setting it fills the buckets of the minute.</summary>
    public ServerLimits? Limits
    {
        get;
        set
        {
            lock (_lock)
            {
                field = value;
                _rate = value is { RequestsPerMinute: not null } or { TokensPerMinute: not null }
                    ? new MinuteLimits(value.RequestsPerMinute, value.TokensPerMinute, time)
                    : null;
            }
        }
    }

    /// <summary>While true, a probe that comes in is not answered before the script is cleared.</summary>
    public bool HangProbes { get; set; }

    /// <summary>How long each call takes.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Every so many calls one fails with <see cref="Failure"/>; 0 for none.</summary>
    public int FailEvery { get; set; }

    /// <summary>The answer of the calls that fail.</summary>
    public ScriptedAnswer Failure { get; set; } = new(500, """{"error":{"message":"The server had an error","type":"server_error"}}""");

    /// <summary>While true, calls are taken and not answered. False answers all that hang.</summary>
    public bool Hang
    {
        get
        {
            lock (_lock)
                return _hanging is not null;
        }

        set
        {
            TaskCompletionSource? released = null;
            lock (_lock)
            {
                (_held, _steps) = (value ? _held : 0, 0);
                if (value)
                    _hanging ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                else
                    (released, _hanging) = (_hanging, null);
            }

            released?.SetResult();
        }
    }

    /// <summary>What is played and to which requests, a line each, in the order in which it counts.</summary>
    public IReadOnlyList<string> Playing
    {
        get
        {
            lock (_lock)
                return [.. _next.Select(next => $"{next.Name}: the next request"), .. InOrder().Select(rule => rule.Told)];
        }
    }

    /// <summary>While calls hang: answers those that do now, or the next one when none does yet. What comes after it hangs again.</summary>
    public void Step()
    {
        TaskCompletionSource? released;
        lock (_lock)
        {
            if (_held == 0)
            {
                _steps++;
                return;
            }

            (released, _hanging) = (_hanging, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _held = 0;
        }

        released?.SetResult();
    }

    /// <summary>Plays a deviation to these requests. The next ones go first, then those with certain texts, then the others in the order they were added.</summary>
    public void Play(Deviation deviation, Occasion occasion)
    {
        occasion.Demand();
        lock (_lock)
        {
            if (occasion.When == When.Probes)
                Probe = deviation.Answer;
            else if (occasion.When == When.Next)
                Queue(deviation.Name, Enumerable.Repeat(deviation.Answer, occasion.Number));
            else
                _rules.Add(PlayedRule.Of(deviation, occasion));
        }
    }

    /// <summary>Answers one of the next calls, in the order given here, in place of everything else.</summary>
    public void Next(params IEnumerable<ScriptedAnswer> answers)
    {
        lock (_lock)
            Queue("an answer of one's own", answers);
    }

    /// <summary>
    /// Answers every call that has such a text so, for as long as the script is not told to <see cref="TakeAll"/>. An answer with status 200
    /// and a misdeed spoils the vectors of these texts only.
    /// </summary>
    public void Refuse(Predicate<string> text, ScriptedAnswer answer)
    {
        lock (_lock)
            _rules.Add(new PlayedRule("an answer of one's own: certain texts", answer, text));
    }

    /// <summary>Ends all refusals of texts.</summary>
    public void TakeAll()
    {
        lock (_lock)
            _rules.RemoveAll(rule => rule.Means is not null);
    }

    /// <summary>Makes it well-behaved and quick again, whatever was scripted before; what hangs is answered.</summary>
    public void Clear()
    {
        (Probe, Key, Down, Limits, HangProbes) = (new(), null, Outage.None, null, false);
        TaskCompletionSource cleared;
        lock (_lock)
        {
            _next.Clear();
            _rules.Clear();
            (cleared, _cleared) = (_cleared, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        (Latency, FailEvery, Hang) = (TimeSpan.Zero, 0, false);
        cleared.SetResult();
    }

    /// <summary>The answer to a call, and the texts that it means; null for the last one.</summary>
    internal (ScriptedAnswer Answer, Predicate<string>? Means) AnswerFor(long call, IReadOnlyList<string> texts)
    {
        lock (_lock)
        {
            if (_next.TryDequeue(out var next))
                return (next.Answer, null);
            // Each counts the call, also where another is played.
            if (InOrder().Where(rule => rule.Applies(texts)).ToList() is [var first, ..])
                return (first.Answer, first.Means);
            return (FailEvery > 0 && call % FailEvery == 0 ? Failure : new ScriptedAnswer(), null);
        }
    }

    /// <summary>Why a request is not even looked at; null when it is. And the headers that tell how the limits stand.</summary>
    internal (ScriptedAnswer? Refusal, IReadOnlyDictionary<string, string>? Headers) Admit(EmbeddingsRequest request)
    {
        if (Down != Outage.None)
            return (Down == Outage.Unavailable ? Unavailable : new(Delivery: Delivery.Dropped), null);
        if (Key is { } key && request.Key != key)
            return (new(401, JsonSerializer.Serialize(new { error = new { message = $"Incorrect API key provided: {request.Key}.", code = "invalid_api_key" } })), null);
        MinuteLimits? rate;
        lock (_lock)
            rate = _rate;
        var (refusal, headers) = rate?.Take(ServerLimits.TokensOf(request.Texts)) ?? default;
        return (refusal ?? Limits?.Refusal(request), headers);
    }

    /// <summary>Ends when what is played now is cleared.</summary>
    internal Task Cleared
    {
        get
        {
            lock (_lock)
                return _cleared.Task;
        }
    }

    internal Task WhenReleasedAsync(CancellationToken token)
    {
        lock (_lock)
        {
            if (_hanging is null)
                return Task.CompletedTask;
            if (_steps > 0)
            {
                _steps--;
                return Task.CompletedTask;
            }

            _held++;
            return _hanging.Task.WaitAsync(token);
        }
    }

    private void Queue(string name, IEnumerable<ScriptedAnswer> answers)
    {
        foreach (var answer in answers)
            _next.Enqueue((name, answer));
    }

    private IEnumerable<PlayedRule> InOrder() => _rules.OrderBy(rule => rule.Means is null);
}
