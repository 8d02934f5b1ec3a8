using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Access;

/// <summary>A setting that holds a key. These are the only settings that may change while the program runs.</summary>
public sealed class KeySetting
{
    private readonly Func<string, SupabaseUrl?, DateTimeOffset, SettingProblem?> _refusal;
    private readonly Func<string?, string> _trim;

    private KeySetting(string name, string title, Identity? actsAs, Func<string?, string> trim, Func<string, SupabaseUrl?, DateTimeOffset, SettingProblem?> refusal) =>
        (Name, Title, ActsAs, _trim, _refusal) = (name, title, actsAs, trim, refusal);

    /// <summary>The project's secret key.</summary>
    public static KeySetting Service { get; } = new(
        SupabaseKeyRules.ServiceKey, "Service key", Identity.ServiceKey, SupabaseKey.Bare, (key, url, now) => SupabaseKeyRules.OfServiceKey(SupabaseKey.Read(key), url, now));

    /// <summary>The project's publishable key.</summary>
    public static KeySetting Anon { get; } = new(
        SupabaseKeyRules.AnonKey, "Anonymous key", Identity.AnonymousKey, SupabaseKey.Bare, (key, url, now) => SupabaseKeyRules.OfAnonKey(SupabaseKey.Read(key), url, now));

    /// <summary>The key of the provider that makes the vectors.</summary>
    public static KeySetting Provider { get; } = new(
        SupabaseKeyRules.ProviderKey, "Provider's key", null, OpenAiEmbeddings.TrimKey, (key, _, _) => SupabaseKeyRules.OfProviderKey(SupabaseKey.Read(key)) ?? EmbeddingOptionsValidator.OfKey(key));

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<KeySetting> All { get; } = [Service, Anon, Provider];

    /// <summary>The setting's name.</summary>
    public string Name { get; }

    /// <summary>What its key is called.</summary>
    public string Title { get; }

    /// <summary>As whom the API takes its key; null for a key that has nothing to do with the tables.</summary>
    public Identity? ActsAs { get; }

    /// <summary>The value without what was pasted around it; empty when nothing is left.</summary>
    public string Trim(string? value) => _trim(value);

    /// <summary>Why a value may not be this key; null when it may.</summary>
    public SettingProblem? Refusal(string value, SupabaseUrl? url, DateTimeOffset now) => _refusal(value, url, now);

    /// <summary>The setting's name.</summary>
    public override string ToString() => Name;
}
