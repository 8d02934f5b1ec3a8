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
}
