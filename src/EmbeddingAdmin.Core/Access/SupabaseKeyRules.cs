namespace EmbeddingAdmin.Access;

/// <summary>Which key may stand where. A wrong one is refused before it is sent anywhere.</summary>
public static class SupabaseKeyRules
{
    internal const string ServiceKey = $"{SupabaseOptions.Section}:{nameof(SupabaseOptions.ServiceKey)}";
    internal const string AnonKey = $"{SupabaseOptions.Section}:{nameof(SupabaseOptions.AnonKey)}";
    internal const string ProviderKey = "Embeddings:ApiKey";

    private const string WhereItIs = "Copy it from Supabase → Project Settings → API Keys.";

    /// <summary>Why the key may not stand in the service key's place; null when it may.</summary>
    public static SettingProblem? OfServiceKey(SupabaseKey key, SupabaseUrl? url, DateTimeOffset now) => key.Kind switch
    {
        KeyKind.Publishable => new(ErrorCodes.PublishableKey, ServiceKey,
            "This is the publishable key. It obeys row-level security, so writes would be dropped without an error. Use the secret key (sb_secret_…)."),
        KeyKind.LegacyAnon => new(ErrorCodes.PublishableKey, ServiceKey,
            "This is the legacy anon key. It obeys row-level security, so writes would be dropped without an error. Use the secret key (sb_secret_…)."),
        KeyKind.DefaultPublishable => new(ErrorCodes.PublishableKey, ServiceKey,
            "This is the publishable key of a local stack. It obeys row-level security, so writes would be dropped without an error. Use the secret key (sb_secret_…)."),
        _ => OfAnyPlace(key, ServiceKey, "the secret key (sb_secret_…)", url, now),
    };

    /// <summary>Why the key may not stand in the anonymous key's place; null when it may.</summary>
    public static SettingProblem? OfAnonKey(SupabaseKey key, SupabaseUrl? url, DateTimeOffset now) => key.Kind switch
    {
        KeyKind.Secret or KeyKind.LegacyService or KeyKind.DefaultSecret => new(ErrorCodes.SecretKeyMisplaced, AnonKey,
            $"This is a secret key, which bypasses row-level security; here belongs the publishable one (sb_publishable_…). Set the secret key as {ServiceKey}, and make sure that no app has it."),
        _ => OfAnyPlace(key, AnonKey, "the publishable key (sb_publishable_…)", url, now),
    };

    /// <summary>Why the key may not be the provider's; null when it may.</summary>
    public static SettingProblem? OfProviderKey(SupabaseKey key) => key.Kind is KeyKind.Unknown or KeyKind.OpenAi or KeyKind.Malformed or KeyKind.UserSession
        ? null
        : new(ErrorCodes.SupabaseKeyMisplaced, ProviderKey, $"This is a key of Supabase ({key.KindName}), and it would be sent to the embedding provider. Set the provider's key here, and this one where it belongs.");

    /// <summary>What works and should be known of a key that may stand in its place.</summary>
    public static IEnumerable<SettingProblem> Remarks(SupabaseKey key, string setting)
    {
        if (key.Kind is KeyKind.LegacyService or KeyKind.LegacyAnon)
            yield return new(ErrorCodes.LegacyKey, setting, $"This is a {key.KindName}, a kind that Supabase is retiring. It works as long as the project allows it; make {(setting == ServiceKey ? "a secret key (sb_secret_…)" : "a publishable key (sb_publishable_…)")} to follow it.");
        if (key.Kind is KeyKind.DefaultSecret or KeyKind.DefaultPublishable)
            yield return new(ErrorCodes.DefaultKey, setting, "This is the default key of local stacks, which everybody knows. It is good for this machine alone.");
        if (key.Kind == KeyKind.Unknown)
            yield return new(ErrorCodes.UnusualKey, setting, $"It has no form that a key of Supabase has. It is used as it is. Where it is refused, copy it again from Supabase → Project Settings → API Keys.");
        if (!key.HasUsualLength)
            yield return new(ErrorCodes.UnusualKey, setting, $"It is longer or shorter than a {key.KindName} usually is. It is used as it is. Where it is refused, copy it again from Supabase → Project Settings → API Keys.");
    }

    private static SettingProblem? OfAnyPlace(SupabaseKey key, string setting, string wanted, SupabaseUrl? url, DateTimeOffset now) => key switch
    {
        { Kind: KeyKind.UserSession } => new(ErrorCodes.UserToken, setting, $"This is a signed-in user's token: it acts as that user, and only for a while. Use {wanted}. {WhereItIs}"),
        { Kind: KeyKind.AccountToken } => new(ErrorCodes.AccountToken, setting, $"This is an account token of Supabase's management, not a key of the project. Use {wanted}. {WhereItIs}"),
        { Kind: KeyKind.OpenAi } => new(ErrorCodes.OpenAiKeyMisplaced, setting, $"This is an OpenAI key. Set it as {ProviderKey} (in .env also as OPENAI_API_KEY), and here {wanted}."),
        { Kind: KeyKind.Malformed } => new(ErrorCodes.MalformedKey, setting, $"It has white space or characters inside that no key has, or is a damaged token. {WhereItIs}"),
        { Kind: KeyKind.DefaultSecret or KeyKind.DefaultPublishable } when url is not { IsLoopback: true } => new(ErrorCodes.ForeignKey, setting,
            $"This is the default key of local stacks, which belongs to no project. Use {wanted} of your project. {WhereItIs}"),
        { Expires: { } expired } when expired <= now => new(ErrorCodes.KeyExpired, setting, $"The key expired on {expired:yyyy-MM-dd}. Use {wanted}. {WhereItIs}"),
        { Project: { } own } when url?.Project is { } project && own != project => new(ErrorCodes.ForeignKey, setting,
            $"The key belongs to another project than the address: it names {Shown(own)}, and {SupabaseUrl.Setting} names {project}. Set key and address of one project."),
        _ => null,
    };

    // A token is whatever somebody put into it.
    private static string Shown(string project) => project.Length <= 30 && project.All(char.IsAsciiLetterOrDigit) ? project : "another";
}
