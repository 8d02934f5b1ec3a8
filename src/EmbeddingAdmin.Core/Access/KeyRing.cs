using EmbeddingAdmin.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EmbeddingAdmin.Access;

/// <summary>
/// The keys in force. When the settings change, a new key is judged by the rules of the start and taken if it passes; one that is refused, or is
/// not there any more, leaves the old one in force. The monitors of <see cref="SupabaseOptions"/> and <see cref="EmbeddingOptions"/> give what is in force.
/// </summary>
public sealed class KeyRing : IDisposable
{
    private const string StaysInForce = "It was not taken: the key of before stays in force.";

    private readonly IConfiguration _configuration;
    private readonly TimeProvider _clock;
    private readonly ILogger<KeyRing> _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<KeySetting, Held> _held;
    private readonly IDisposable _watch;
    private CancellationTokenSource _changed = new();

    /// <param name="configuration">The settings, of which only these keys are looked at again.</param>
    /// <param name="clock">By which a key has expired.</param>
    /// <param name="log">Is told of each change, without any key.</param>
    public KeyRing(IConfiguration configuration, TimeProvider clock, ILogger<KeyRing> log)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(clock);
        (_configuration, _clock, _log) = (configuration, clock, log);
        // What stood there at the start was judged by the start.
        _held = KeySetting.All.ToDictionary(setting => setting, setting => new Held(Given(setting), clock.GetUtcNow(), null));
        _watch = ChangeToken.OnChange(configuration.GetReloadToken, Look);
    }

    private sealed record Held(string? Value, DateTimeOffset Since, RefusedKey? Refused);

    /// <summary>The key in force, without what was pasted around it; null when none is.</summary>
    public string? this[KeySetting setting]
    {
        get
        {
            lock (_gate)
                return _held[setting].Value;
        }
    }

    /// <summary>Fires once, when a key was taken or refused next.</summary>
    public IChangeToken Changed
    {
        get
        {
            lock (_gate)
                return new CancellationChangeToken(_changed.Token);
        }
    }

    /// <summary>Every setting that holds a key, with what is in force.</summary>
    public IReadOnlyList<KeyReport> Report()
    {
        var now = _clock.GetUtcNow();
        lock (_gate)
            return [.. KeySetting.All.Select(setting => KeyReport.Of(setting, _held[setting].Value, _held[setting].Since, _held[setting].Refused, now))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Dispose();
        _changed.Dispose();
    }

    private void Look()
    {
        CancellationTokenSource told;
        lock (_gate)
        {
            var changed = false;
            foreach (var setting in KeySetting.All)
                changed |= Take_NeedsLock(setting);
            if (!changed)
                return;
            (told, _changed) = (_changed, new());
        }

        told.Cancel();
        told.Dispose();
    }

    /// <summary>Looks at one setting; true when anything about it has changed.</summary>
    private bool Take_NeedsLock(KeySetting setting)
    {
        var before = _held[setting];
        var given = Given(setting);
        var after = given == before.Value ? before with { Refused = null }
            : Why(setting, given) is not { } problem ? new(given, _clock.GetUtcNow(), null)
            : problem == before.Refused?.Problem ? before
            : before with { Refused = new(problem, _clock.GetUtcNow()) };
        if (after == before)
            return false;
        _held[setting] = after;
        if (after.Value != before.Value)
            _log.KeyTaken(setting.Name, Fingerprint(before.Value), Fingerprint(after.Value));
        else if (after.Refused is { } refused)
            _log.KeyNotTaken(refused.Problem);
        return true;
    }

    private SettingProblem? Why(KeySetting setting, string? given)
    {
        if (given is null)
            return new(ErrorCodes.KeyGone, setting.Name, "The settings name no key here any more. The key of before stays in force until the program is started again.");
        if (setting == KeySetting.Provider && !string.Equals(_configuration["Embeddings:Provider"], OpenAiEmbeddings.ProviderName, StringComparison.OrdinalIgnoreCase))
            return new(ErrorCodes.NextStart, setting.Name, "The program was started with the provider local, which takes no key. This one counts from the next start on.");
        var url = _configuration[SupabaseUrl.Setting] is { Length: > 0 } address ? SupabaseUrl.Read(address).Url : null;
        return setting.Refusal(given, url, _clock.GetUtcNow()) is { } refusal ? refusal with { Sentence = $"{refusal.Sentence} {StaysInForce}" } : null;
    }

    private string? Given(KeySetting setting) => setting.Trim(_configuration[setting.Name]) is { Length: > 0 } key ? key : null;

    private static string Fingerprint(string? key) => key is null ? "none" : SupabaseKey.Read(key).Fingerprint;
}

/// <summary>Lets a monitor of options read them again when a key has changed.</summary>
internal sealed class KeyRingChanges<T>(KeyRing keys) : IOptionsChangeTokenSource<T>
{
    public string Name => Options.DefaultName;

    public IChangeToken GetChangeToken() => keys.Changed;
}
