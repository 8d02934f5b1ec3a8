namespace EmbeddingAdmin.Access;

/// <summary>The settings of section <c>Supabase</c>: the project's API, which is asked for a second opinion.</summary>
public sealed class SupabaseOptions
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Supabase";

    /// <summary>The project's address, such as <c>https://ref.supabase.co</c>; null when the API is left out.</summary>
    public string? Url { get; set; }

    /// <summary>The secret (service) key. It never leaves the server.</summary>
    public string? ServiceKey { get; set; }

    /// <summary>The publishable (anonymous) key.</summary>
    public string? AnonKey { get; set; }

    /// <summary>Why the API is left out, in words, when it is.</summary>
    public string? Missing { get; set; }

    /// <summary>Every fault of address and keys; empty when there is none.</summary>
    /// <param name="now">The time by which a key has expired.</param>
    public IReadOnlyList<SettingProblem> Problems(DateTimeOffset now)
    {
        var (url, problems) = IsSet(Url) ? SupabaseUrl.Read(Url!) : (null, []);
        return
        [
            .. problems,
            .. IsSet(ServiceKey) && SupabaseKeyRules.OfServiceKey(SupabaseKey.Read(ServiceKey!), url, now) is { } service ? [service] : Array.Empty<SettingProblem>(),
            .. IsSet(AnonKey) && SupabaseKeyRules.OfAnonKey(SupabaseKey.Read(AnonKey!), url, now) is { } anon ? [anon] : Array.Empty<SettingProblem>(),
        ];
    }

    /// <summary>What works and should be known.</summary>
    public IReadOnlyList<SettingProblem> Warnings()
    {
        (string? Value, string Setting)[] values = [(Url, SupabaseUrl.Setting), (ServiceKey, SupabaseKeyRules.ServiceKey), (AnonKey, SupabaseKeyRules.AnonKey)];
        return
        [
            .. values.Where(value => IsSet(value.Value) && SupabaseKey.Bare(value.Value) != value.Value)
                .Select(value => new SettingProblem(ErrorCodes.ValueTrimmed, value.Setting, "White space, quotes or a byte order mark around the value were left out. Take them away.")),
            .. IsSet(ServiceKey) ? SupabaseKeyRules.Remarks(SupabaseKey.Read(ServiceKey!), SupabaseKeyRules.ServiceKey) : [],
            .. IsSet(AnonKey) ? SupabaseKeyRules.Remarks(SupabaseKey.Read(AnonKey!), SupabaseKeyRules.AnonKey) : [],
        ];
    }

    /// <summary>Leaves out what was pasted around the values, and the API's own path behind the address.</summary>
    internal void Trim()
    {
        Url = IsSet(Url) ? SupabaseUrl.Read(Url!).Url?.Root ?? Url : null;
        ServiceKey = IsSet(ServiceKey) ? SupabaseKey.Bare(ServiceKey) : null;
        AnonKey = IsSet(AnonKey) ? SupabaseKey.Bare(AnonKey) : null;
    }

    private static bool IsSet(string? value) => !string.IsNullOrWhiteSpace(value);
}
