namespace EmbeddingAdmin.Web.Configuration;

/// <summary>A setting that people already have under other names.</summary>
/// <param name="Key">Its own name.</param>
/// <param name="Aliases">Names that count in every layer, the first that is set before the others.</param>
/// <param name="FileAliases">Names that so many programs share that they count in <c>.env</c> alone.</param>
internal sealed record SettingName(string Key, string[] Aliases, string[] FileAliases)
{
    /// <summary>Every setting with other names.</summary>
    public static IReadOnlyList<SettingName> All { get; } =
    [
        new("ConnectionStrings:Postgres", ["SUPABASE_DB_URL"], ["DATABASE_URL"]),
        new("Supabase:Url", ["SUPABASE_URL"], []),
        new("Supabase:ServiceKey", ["SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY"], []),
        new("Supabase:AnonKey", ["SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY"], []),
        new("Embeddings:Endpoint", ["OPENAI_BASE_URL"], []),
        new("Embeddings:ApiKey", [], ["OPENAI_API_KEY"]),
        new("SignIn:Token", ["EMBEDDINGADMIN_TOKEN"], []),
    ];

    /// <summary>Every other name.</summary>
    public static IReadOnlySet<string> Others { get; } = All.SelectMany(name => name.Aliases.Concat(name.FileAliases)).ToHashSet(StringComparer.OrdinalIgnoreCase);
}
