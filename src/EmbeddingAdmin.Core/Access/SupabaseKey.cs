using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Access;

/// <summary>What a key is, by its form. Form is not proof: whether it can write is measured by <see cref="AccessProbe"/>.</summary>
public enum KeyKind
{
    /// <summary><c>sb_secret_…</c>: acts as service_role.</summary>
    Secret,
    /// <summary><c>sb_publishable_…</c>: acts as anon.</summary>
    Publishable,
    /// <summary>A signed token with the role service_role.</summary>
    LegacyService,
    /// <summary>A signed token with the role anon.</summary>
    LegacyAnon,
    /// <summary>The token of a signed-in user.</summary>
    UserSession,
    /// <summary>A personal access token of an account (<c>sbp_…</c>).</summary>
    AccountToken,
    /// <summary>A key of OpenAI (<c>sk-…</c>).</summary>
    OpenAi,
    /// <summary>The secret key that every local stack has, or the service key of the old ones.</summary>
    DefaultSecret,
    /// <summary>The publishable key that every local stack has, or the anonymous key of the old ones.</summary>
    DefaultPublishable,
    /// <summary>Of no form that is known.</summary>
    Unknown,
    /// <summary>White space or other than ASCII inside, or a token that is damaged.</summary>
    Malformed,
}

/// <summary>A key as far as it can be shown: never its value.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Project">The reference of the project that it names; null when it names none.</param>
/// <param name="Expires">When it expires; null when it does not say.</param>
/// <param name="Fingerprint">The first 8 hexadecimal digits of the value's SHA-256.</param>
/// <param name="HasUsualLength">Whether it is as long as keys of its kind are.</param>
public sealed partial record SupabaseKey(KeyKind Kind, string? Project, DateTimeOffset? Expires, string Fingerprint, bool HasUsualLength = true)
{
    private const int SecretLength = 41;
    private const int PublishableLength = 46;

    // Public: the command line tool of Supabase prints them for every local stack.
    private static readonly string[] Defaults = ["sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz", "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH"];

    /// <summary>What the kind is called.</summary>
    public string KindName => Kind switch
    {
        KeyKind.Secret => "secret key",
        KeyKind.Publishable => "publishable key",
        KeyKind.LegacyService => "legacy service key",
        KeyKind.LegacyAnon => "legacy anon key",
        KeyKind.UserSession => "a signed-in user's token",
        KeyKind.AccountToken => "account token",
        KeyKind.OpenAi => "OpenAI key",
        KeyKind.DefaultSecret => "a local stack's default secret key",
        KeyKind.DefaultPublishable => "a local stack's default publishable key",
        KeyKind.Unknown => "unknown kind",
        KeyKind.Malformed => "damaged key",
        _ => throw new InvalidOperationException($"{Kind} is no kind of key."),
    };

    /// <summary>Recognises a key; what was pasted around it is left out.</summary>
    public static SupabaseKey Read(string text)
    {
        var key = Bare(text);
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..8];
        return key switch
        {
            _ when key.Length == 0 || key.Any(c => c is <= ' ' or > '~') => Of(KeyKind.Malformed),
            _ when key == Defaults[0] => Of(KeyKind.DefaultSecret),
            _ when key == Defaults[1] => Of(KeyKind.DefaultPublishable),
            _ when Starts("sb_secret_") => Of(KeyKind.Secret) with { HasUsualLength = key.Length == SecretLength && OpaqueKey().IsMatch(key) },
            _ when Starts("sb_publishable_") => Of(KeyKind.Publishable) with { HasUsualLength = key.Length == PublishableLength && OpaqueKey().IsMatch(key) },
            _ when Starts("sbp_") => Of(KeyKind.AccountToken),
            _ when Starts("sk-") => Of(KeyKind.OpenAi),
            _ when Starts("eyJ") || key.Count(c => c == '.') is 2 or 4 => OfToken(key, fingerprint),
            _ => Of(KeyKind.Unknown),
        };

        SupabaseKey Of(KeyKind kind) => new(kind, null, null, fingerprint);
        bool Starts(string prefix) => key.StartsWith(prefix, StringComparison.Ordinal);
    }

    /// <summary>The value without what is pasted along: white space, quotes, a byte order mark.</summary>
    public static string Bare(string? text) => text?.Trim(' ', '\t', '\r', '\n', '\u00A0', '\uFEFF', '"', '\'', '\u201C', '\u201D', '\u2018', '\u2019') ?? "";

    /// <summary>Kind and fingerprint.</summary>
    public override string ToString() => $"{KindName} {Fingerprint}";

    private static SupabaseKey OfToken(string token, string fingerprint)
    {
        var malformed = new SupabaseKey(KeyKind.Malformed, null, null, fingerprint);
        if (token.Split('.') is not [var header, var payload, { Length: > 0 }])
            return malformed;
        try
        {
            using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(header));
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            if (head.RootElement.ValueKind != JsonValueKind.Object || claims.RootElement.ValueKind != JsonValueKind.Object)
                return malformed;
            var root = claims.RootElement;
            var isDemo = Text(root, "iss") == "supabase-demo";
            var kind = (Text(root, "role"), isDemo) switch
            {
                ("service_role", true) => KeyKind.DefaultSecret,
                ("anon", true) => KeyKind.DefaultPublishable,
                ("service_role", _) => KeyKind.LegacyService,
                ("anon", _) when Text(root, "sub") is null => KeyKind.LegacyAnon,
                ("authenticated", _) => KeyKind.UserSession,
                _ => Text(root, "sub") is null ? KeyKind.Unknown : KeyKind.UserSession,
            };
            return new(kind, Text(root, "ref"), Expiry(root), fingerprint);
        }
        catch (Exception damaged) when (damaged is FormatException or JsonException)
        {
            return malformed;
        }
    }

    private static string? Text(JsonElement claims, string name) => claims.TryGetProperty(name, out var claim) && claim.ValueKind == JsonValueKind.String ? claim.GetString() : null;

    private static DateTimeOffset? Expiry(JsonElement claims) =>
        claims.TryGetProperty("exp", out var exp) && exp.ValueKind == JsonValueKind.Number && exp.TryGetDouble(out var seconds) && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;

    [GeneratedRegex("^sb_(?:secret|publishable)_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{8}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex OpaqueKey();
}
