namespace EmbeddingAdmin.Web.Connection;

/// <summary>Whether our schema may be made without asking anybody.</summary>
internal static class SchemaConsent
{
    /// <summary>The setting that gives the consent for good.</summary>
    public const string Setting = "Database:AutoMigrate";

    /// <summary>On the local stack, which is our own, and where the settings say so.</summary>
    public static bool IsGivenBy(IConfiguration configuration) => configuration.GetValue<bool>(LocalDatabase.Running) || configuration.GetValue<bool>(Setting);
}
