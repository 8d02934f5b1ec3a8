using Microsoft.Extensions.Configuration;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// The section <c>Profiles</c>: for each server that speaks OpenAI's API in its own way, values for the section <c>Embeddings</c>. The profile that
/// <c>Embeddings:Profile</c> names counts wherever <c>Embeddings</c> itself says nothing; so another server is an entry there, and no code.
/// </summary>
public static class ProviderProfiles
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Profiles";

    private const string Setting = $"{EmbeddingOptions.Section}:{nameof(EmbeddingOptions.Profile)}";

    /// <summary>What the profile of the settings says, by the names of the settings that it stands in for; empty without a profile.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Defaults(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (Find(configuration) is not { } profile)
            return [];
        return profile.GetChildren().Select(value => KeyValuePair.Create($"{EmbeddingOptions.Section}:{value.Key}", value.Value))
            .Append(new($"{EmbeddingOptions.Section}:{nameof(EmbeddingOptions.Provider)}", OpenAiEmbeddings.ProviderName));
    }

    /// <summary>What is wrong with the name of the profile; null when nothing is.</summary>
    public static SettingProblem? Problem(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration[Setting] is not { Length: > 0 } || Find(configuration) is not null)
            return null;
        var names = string.Join(", ", configuration.GetSection(Section).GetChildren().Select(profile => profile.Key));
        return new(ErrorCodes.ProviderSettings, Setting, $"There is no profile of this name. {(names.Length > 0 ? $"Set one of {names}, or" : "Leave it out, and")} name address and model in Embeddings:Endpoint and Embeddings:Model.");
    }

    private static IConfigurationSection? Find(IConfiguration configuration) =>
        configuration[Setting] is { Length: > 0 } name && configuration.GetSection($"{Section}:{name.Trim()}") is var section && section.Exists() ? section : null;
}
