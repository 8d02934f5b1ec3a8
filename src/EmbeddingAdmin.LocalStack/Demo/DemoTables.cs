namespace EmbeddingAdmin.Local;

/// <summary>How the demo's tables are named in the dashboard's settings, section <c>Tables</c>.</summary>
public static class DemoTables
{
    /// <summary>The settings, by their full names. The rows are made up, so that nobody's privacy is at stake and no text is hidden.</summary>
    public static IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Tables:0:Name"] = "stories",
        ["Tables:0:Vector"] = "embedding",
        ["Tables:0:Text"] = "{title}\n{content}\nGenre: {genre}\nTags: {tags}",
        ["Tables:0:Owner"] = "user_id",
        ["Tables:0:CreatedAt"] = "created_at",
        ["Tables:0:Private"] = "false",
        ["Tables:1:Name"] = "profiles",
        ["Tables:1:Vector"] = "preference_embedding",
        ["Tables:1:Text"] = "{bio}\n{preferences}",
        ["Tables:1:Owner"] = "id",
        ["Tables:1:Private"] = "false",
    };
}
