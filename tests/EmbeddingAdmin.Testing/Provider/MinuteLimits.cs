using System.Globalization;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>
/// The limits of a minute as OpenAI enforces them: two buckets, of requests and of tokens, each full at first and filled again evenly.
/// Every answer says in its headers how they stand, and a refusal how long to wait.
/// </summary>
public sealed class MinuteLimits
{
    private readonly Lock _lock = new();
    private readonly Bucket _requests;
    private readonly Bucket _tokens;

    /// <param name="requestsPerMinute">Requests of a minute; null for any number.</param>
    /// <param name="tokensPerMinute">Tokens of a minute; null for any number.</param>
    /// <param name="time">The clock that the buckets are filled by.</param>
    public MinuteLimits(long? requestsPerMinute, long? tokensPerMinute, TimeProvider time)
        => (_requests, _tokens) = (new Bucket("requests", requestsPerMinute, time), new Bucket("tokens", tokensPerMinute, time));

    /// <summary>Takes a request of so many tokens out of the buckets, or refuses it. A refused one counts as a request and not for its tokens.</summary>
    /// <param name="tokens">Tokens of the request.</param>
    /// <returns>The refusal, null when it is taken; and the headers of the answer, of which a refusal has its own beside.</returns>
    public (ScriptedAnswer? Refusal, IReadOnlyDictionary<string, string> Headers) Take(long tokens)
    {
        lock (_lock)
        {
            var lacking = _requests.Lacks(1) ? _requests : _tokens.Lacks(tokens) ? _tokens : null;
            var refusal = lacking?.Refusal(lacking == _requests ? 1 : tokens);
            if (lacking != _requests)
                _requests.Take(1);
            if (lacking is null)
                _tokens.Take(tokens);
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            _requests.Tell(headers);
            _tokens.Tell(headers);
            foreach (var (name, value) in refusal?.Headers ?? new Dictionary<string, string>())
                headers[name] = value;
            return (refusal, headers);
        }
    }

    /// <summary>A time as OpenAI's headers write it: <c>6ms</c>, <c>8.64s</c>, <c>1m2s</c>.</summary>
    public static string Written(TimeSpan time) => time switch
    {
        _ when time < TimeSpan.FromSeconds(1) => $"{Math.Ceiling(time.TotalMilliseconds):0}ms",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalMinutes):0}m{time.TotalSeconds % 60:0.###}s"),
        _ => $"{Math.Floor(time.TotalHours):0}h{time.Minutes}m{time.Seconds}s",
    };

    private sealed class Bucket(string name, long? perMinute, TimeProvider time)
    {
        private double _left = perMinute ?? 0;
        private long _at = time.GetTimestamp();

        public bool Lacks(long amount)
        {
            if (perMinute is not { } most)
                return false;
            var now = time.GetTimestamp();
            _left = Math.Min(most, _left + (most / 60.0 * time.GetElapsedTime(_at, now).TotalSeconds));
            _at = now;
            return _left < amount;
        }

        public void Take(long amount) => _left -= amount;

        public void Tell(Dictionary<string, string> headers)
        {
            if (perMinute is not { } most)
                return;
            headers[$"x-ratelimit-limit-{name}"] = $"{most}";
            headers[$"x-ratelimit-remaining-{name}"] = $"{Math.Floor(_left):0}";
            headers[$"x-ratelimit-reset-{name}"] = Written(Until(most));
        }

        public ScriptedAnswer Refusal(long amount)
        {
            var what = $"on {name} per min ({(name[0] == 't' ? "TPM" : "RPM")}): Limit {perMinute}";
            if (amount > perMinute)
                return ScriptedAnswer.Error(429, $"Request too large for $model {what}, Requested {amount}.", "rate_limit_exceeded", name);
            var wait = Until(amount);
            return ScriptedAnswer.Error(429, $"Rate limit reached for $model {what}, Used {perMinute - Math.Floor(_left):0}, Requested {amount}. Please try again in {Written(wait)}.", "rate_limit_exceeded", name)
                .With("retry-after-ms", $"{Math.Ceiling(wait.TotalMilliseconds):0}")
                .With("Retry-After", $"{Math.Ceiling(wait.TotalSeconds):0}");
        }

        private TimeSpan Until(double amount) => TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, (amount - _left) * 60_000 / perMinute!.Value)));
    }
}
