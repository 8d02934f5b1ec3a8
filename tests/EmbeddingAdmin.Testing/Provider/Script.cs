using System.Text.Json;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>How an answer with status 200 is spoilt.</summary>
public enum Misdeed
{
    None,
    ReverseOrder,
    NoIndex,
    RepeatedIndex,
    Fewer,
    More,
    NullElement,
    NotANumber,
    Infinite,
    Zero,
    HalfTheDimensions,
    Floats,
    NoUsage,
    SameVectors,
    NotUnit,
    OtherModel,
    CutShort,
}

/// <summary>One answer in place of the usual one.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body; null sends vectors, spoilt by <paramref name="Misdeed"/>.</param>
/// <param name="ContentType">Type of <paramref name="Body"/>.</param>
/// <param name="Headers">Further headers.</param>
/// <param name="Misdeed">How the vectors are spoilt.</param>
public sealed record ScriptedAnswer(
    int Status = 200,
    string? Body = null,
    string ContentType = "application/json",
    IReadOnlyDictionary<string, string>? Headers = null,
    Misdeed Misdeed = Misdeed.None);

/// <summary>What the scripted provider does; every change takes effect with the next call, a release at once.</summary>
public sealed class Script
{
    private readonly Lock _lock = new();
    private readonly Queue<ScriptedAnswer> _next = [];
    private readonly List<(Predicate<string> Text, ScriptedAnswer Answer)> _refused = [];
    private TaskCompletionSource? _hanging;
    private int _held;
    private int _steps;

    /// <summary>The answer to a probe; nothing else of the script holds for it, and no other count.</summary>
    public ScriptedAnswer Probe { get; set; } = new();

    /// <summary>The only key that is taken; every request with another is refused in words that quote it. Null takes all.</summary>
    public string? Key { get; set; }

    /// <summary>While true, a probe that comes in is never answered.</summary>
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

    /// <summary>Answers one of the next calls, in the order given here, in place of everything else.</summary>
    public void Next(params IEnumerable<ScriptedAnswer> answers)
    {
        lock (_lock)
        {
            foreach (var answer in answers)
                _next.Enqueue(answer);
        }
    }

    /// <summary>Makes it well-behaved and quick again, whatever was scripted before.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _next.Clear();
            _refused.Clear();
        }

        (Probe, Key, HangProbes, Latency, FailEvery, Hang) = (new(), null, false, TimeSpan.Zero, 0, false);
    }

    /// <summary>
    /// Answers every call that has such a text so, for as long as the script is not told to <see cref="TakeAll"/>. An answer with status 200
    /// and a misdeed spoils the vectors of these texts only.
    /// </summary>
    public void Refuse(Predicate<string> text, ScriptedAnswer answer)
    {
        lock (_lock)
            _refused.Add((text, answer));
    }

    /// <summary>Ends all refusals of texts.</summary>
    public void TakeAll()
    {
        lock (_lock)
            _refused.Clear();
    }

    /// <summary>The answer to a call, and the texts that it means; null for the last one.</summary>
    internal (ScriptedAnswer Answer, Predicate<string>? Means) AnswerFor(long call, IReadOnlyList<string> texts)
    {
        lock (_lock)
        {
            if (_next.TryDequeue(out var answer))
                return (answer, null);
            if (_refused.FirstOrDefault(refused => texts.Any(text => refused.Text(text))) is { Answer: { } refusal, Text: { } means })
                return (refusal, means);
            return (FailEvery > 0 && call % FailEvery == 0 ? Failure : new ScriptedAnswer(), null);
        }
    }

    /// <summary>The answer to a request whose key is not taken; null when it is.</summary>
    internal ScriptedAnswer? RefusalOf(string authorization) => Key is { } key && authorization != $"Bearer {key}"
        ? new(401, JsonSerializer.Serialize(new { error = new { message = $"Incorrect API key provided: {authorization["Bearer ".Length..]}.", code = "invalid_api_key" } }))
        : null;

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
}
