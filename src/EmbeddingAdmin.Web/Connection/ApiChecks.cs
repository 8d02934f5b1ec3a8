using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>Judges what the settings say of the project's API: its address, and what its keys are, never the keys.</summary>
internal static class ApiChecks
{
    public static IReadOnlyList<Check> Of(SettingsReport settings, DateTimeOffset now) => settings.Project is not { } project
        ? [new(Mark.Note, "Address", "not set", "The API is left out: what the app's keys can do is not measured. Set Supabase:Url to have a second opinion.")]
        :
        [
            new(Mark.Right, "Address", project.Root),
            Key("Service key", "Supabase:ServiceKey", settings.ServiceKey, now),
            Key("Anonymous key", "Supabase:AnonKey", settings.AnonKey, now),
        ];

    private static Check Key(string what, string setting, SupabaseKey? key, DateTimeOffset now)
    {
        if (key is null)
            return new(Mark.Note, what, "not set", $"What it can do is not measured. Set {setting}.");
        string?[] facts =
        [
            key.KindName,
            key.Project is { } named ? $"of project {named}" : null,
            key.Expires is { } expires ? $"expires {expires:yyyy-MM-dd}" : null,
            $"fingerprint {key.Fingerprint}",
        ];
        var found = string.Join(", ", facts.OfType<string>());
        return key.Expires <= now
            ? new(Mark.Wrong, what, found, $"It has expired. Nothing can be asked with it. Set another one as {setting}.", ErrorCodes.KeyExpired)
            : new(Mark.Right, what, found);
    }
}
