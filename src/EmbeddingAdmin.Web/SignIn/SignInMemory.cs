using EmbeddingAdmin.Web.Connection;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>
/// Links and sessions of the time before there is a database to keep them: hashes only, by the same rules as there. They stay valid until
/// they expire or the process ends; whatever is made once the database is ready is kept in the database. Of those sessions it is known for a while
/// that they were open, for the time in which the database refuses us: somebody has to say "Try again".
/// </summary>
internal sealed class SignInMemory(Readiness readiness, TimeProvider clock)
{
    private static readonly TimeSpan LongestUnconfirmed = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Session> _confirmed = new(StringComparer.Ordinal);

    /// <summary>Whether the database cannot be asked yet.</summary>
    public bool IsNeeded => readiness.State is not ReadinessState.Ready;

    public void AddLink(byte[] hash)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            foreach (var gone in _links.Where(link => link.Value <= now).Select(link => link.Key).ToList())
                _links.Remove(gone);
            _links[Key(hash)] = now + SignInLinks.Longest;
        }
    }

    public bool UseLink(byte[] hash)
    {
        lock (_gate)
            return _links.Remove(Key(hash), out var expires) && expires > clock.GetUtcNow();
    }

    public void AddSession(byte[] hash, string name)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            foreach (var gone in _sessions.Where(session => !session.Value.IsOpen(now)).Select(session => session.Key).ToList())
                _sessions.Remove(gone);
            _sessions[Key(hash)] = new(name, now + Sessions.Longest, now);
        }
    }

    /// <summary>Notes that the session is in use and returns its name; null when it is not open, or not here.</summary>
    public string? Touch(byte[] hash)
    {
        lock (_gate)
        {
            if (Find(hash) is not { } open)
                return null;
            _sessions[Key(hash)] = open with { LastSeenAt = clock.GetUtcNow() };
            return open.Name;
        }
    }

    public bool IsOpen(byte[] hash)
    {
        lock (_gate)
            return Find(hash) is not null;
    }

    /// <summary>Ends the session; false when it is not here.</summary>
    public bool End(byte[] hash)
    {
        lock (_gate)
        {
            _confirmed.Remove(Key(hash));
            return _sessions.Remove(Key(hash));
        }
    }

    /// <summary>Notes what the database said of one of its sessions just now: its name, or null when it is not open.</summary>
    public void Confirm(byte[] hash, string? name)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            foreach (var gone in _confirmed.Where(session => !session.Value.IsOpen(now)).Select(session => session.Key).ToList())
                _confirmed.Remove(gone);
            if (name is null)
                _confirmed.Remove(Key(hash));
            else
                _confirmed[Key(hash)] = new(name, now + LongestUnconfirmed, now);
        }
    }

    /// <summary>The name of a session of the database's that was open when it was last asked; null when that is too long ago.</summary>
    public string? Confirmed(byte[] hash)
    {
        lock (_gate)
            return _confirmed.GetValueOrDefault(Key(hash)) is { } session && session.IsOpen(clock.GetUtcNow()) ? session.Name : null;
    }

    private Session? Find(byte[] hash) => _sessions.GetValueOrDefault(Key(hash)) is { } session && session.IsOpen(clock.GetUtcNow()) ? session : null;

    private static string Key(byte[] hash) => Convert.ToHexString(hash);

    private sealed record Session(string Name, DateTimeOffset ExpiresAt, DateTimeOffset LastSeenAt)
    {
        public bool IsOpen(DateTimeOffset now) => ExpiresAt > now && LastSeenAt + Sessions.LongestUnused > now;
    }
}
