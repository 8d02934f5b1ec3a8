namespace EmbeddingAdmin.Access;

/// <summary>A new value that was not taken.</summary>
/// <param name="Problem">Why, with what is in force instead.</param>
/// <param name="At">When it was seen.</param>
public sealed record RefusedKey(SettingProblem Problem, DateTimeOffset At);

/// <summary>A configured key as far as it can be shown: never its value.</summary>
public sealed record KeyReport
{
    /// <summary>How long before its end a key is warned of.</summary>
    public static TimeSpan Soon { get; } = TimeSpan.FromDays(14);

    /// <summary>The setting.</summary>
    public required KeySetting Setting { get; init; }

    /// <summary>What is known of the key in force; null when none is.</summary>
    public required SupabaseKey? Key { get; init; }

    /// <summary>Since when it is in force, or since when none is.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What works and should be known.</summary>
    public required IReadOnlyList<SettingProblem> Warnings { get; init; }

    /// <summary>Why it can be of no use any more; null when nothing is known against it.</summary>
    public required SettingProblem? Fault { get; init; }

    /// <summary>The newer value that was not taken; null when there is none.</summary>
    public required RefusedKey? Refused { get; init; }

    /// <summary>What the key is, in words; empty when there is none.</summary>
    public string Kind => Key switch
    {
        null => "",
        // Providers have keys of all forms, and most say nothing.
        { Kind: not KeyKind.OpenAi } when Setting == KeySetting.Provider => "a provider's key",
        var key => key.KindName,
    };

    /// <summary>Judges a key in force.</summary>
    internal static KeyReport Of(KeySetting setting, string? value, DateTimeOffset since, RefusedKey? refused, DateTimeOffset now)
    {
        var key = value is null ? null : SupabaseKey.Read(value);
        return new()
        {
            Setting = setting,
            Key = key,
            Since = since,
            Fault = key?.Expires is { } end && end <= now
                ? new(ErrorCodes.KeyExpired, setting.Name, $"The key expired on {end:yyyy-MM-dd}. Nothing can be asked with it. Set another one.")
                : null,
            Warnings = key is null ? [] : [.. Remarks(setting, key, now)],
            Refused = refused,
        };
    }

    private static IEnumerable<SettingProblem> Remarks(KeySetting setting, SupabaseKey key, DateTimeOffset now)
    {
        if (key.Expires is { } end && end > now && end - now <= Soon)
            yield return new(ErrorCodes.KeyExpiresSoon, setting.Name, $"The key expires on {end.UtcDateTime:yyyy-MM-dd HH:mm} UTC. Nothing can be asked with it from then on. Set another one before that; it is taken without a new start.");
        if (setting == KeySetting.Provider)
            yield break;
        foreach (var remark in SupabaseKeyRules.Remarks(key, setting.Name))
            yield return remark;
    }
}
