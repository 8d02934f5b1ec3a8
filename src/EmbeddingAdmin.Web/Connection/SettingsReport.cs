using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>What the settings come to, fit to be shown: no value that is secret.</summary>
/// <param name="Warnings">What works and should be known.</param>
/// <param name="Connection">How the database is reached; null when no connection is set.</param>
/// <param name="Missing">What is missing when the project's API is configured and its database is not.</param>
/// <param name="Project">The address of the project's API; null when none is set.</param>
/// <param name="ServiceKey">The service key's kind; null when none is set.</param>
/// <param name="AnonKey">The anonymous key's kind; null when none is set.</param>
/// <param name="IsLocalStack">Whether the local stack stands in.</param>
internal sealed record SettingsReport(
    IReadOnlyList<SettingProblem> Warnings, DatabaseConnection? Connection, SettingProblem? Missing, SupabaseUrl? Project, SupabaseKey? ServiceKey, SupabaseKey? AnonKey, bool IsLocalStack)
{
    /// <summary>Reads settings in which no fault was found.</summary>
    public static SettingsReport Read(Settings settings) => Read(settings.Configuration, settings.ContentRoot);

    /// <inheritdoc cref="Read(Settings)"/>
    public static SettingsReport Read(IConfiguration configuration, string contentRoot)
    {
        return new(
            SettingsCheck.Warnings(configuration, contentRoot),
            SettingsCheck.ConnectionOf(configuration, contentRoot).Connection,
            SettingsCheck.MissingConnection(configuration),
            Set("Supabase:Url") is { } url ? SupabaseUrl.Read(url).Url : null,
            Set("Supabase:ServiceKey") is { } service ? SupabaseKey.Read(service) : null,
            Set("Supabase:AnonKey") is { } anon ? SupabaseKey.Read(anon) : null,
            configuration[LocalDatabase.Running] is not null);

        string? Set(string name) => configuration[name] is { Length: > 0 } value ? value : null;
    }

    /// <summary>Says each warning once.</summary>
    public void Log(ILogger logger)
    {
        foreach (var warning in Warnings)
            logger.SettingWarned(warning);
    }
}

internal static partial class SettingsLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Warning}")]
    public static partial void SettingWarned(this ILogger logger, SettingProblem warning);
}
