using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace EmbeddingAdmin.Web.Configuration;

/// <summary>Puts the places of settings in order: command line before environment before user secrets before <c>.env</c> before appsettings.json.</summary>
internal static class SettingsLayers
{
    /// <summary>Under which <c>dotnet user-secrets</c> keeps this program's; the project file names it, too.</summary>
    public const string UserSecretsId = "embedding-admin";

    private const string UserSecretsFile = "secrets.json";

    /// <summary>Rebuilds the sources that a host's builder has made.</summary>
    /// <param name="configuration">The builder's.</param>
    /// <param name="contentRoot">The folder of <c>.env</c>.</param>
    public static void Arrange(IConfigurationManager configuration, string contentRoot)
    {
        var sources = configuration.Sources.ToList();
        var environment = sources.FindLastIndex(source => source is EnvironmentVariablesConfigurationSource { Prefix: null or "" });
        var line = sources.FindLastIndex(source => source is CommandLineConfigurationSource);
        configuration.Sources.Clear();
        for (var n = 0; n < sources.Count; n++)
        {
            if (n == environment)
            {
                Add(Layer.DotEnv, new DotEnvSource(Path.Combine(contentRoot, DotEnv.FileName)));
                if (UserSecrets() is { } secrets)
                    Add(Layer.UserSecrets, secrets);
            }

            if (sources[n] is JsonConfigurationSource { Path: UserSecretsFile })
                continue;
            if (sources[n] is JsonConfigurationSource json)
            {
                // What may change while the program runs is decided by SettingsWatch.
                json.ReloadOnChange = false;
                Add(Layer.AppSettings, json);
            }
            else if (n == environment)
                Add(Layer.Environment, sources[n]);
            else if (n == line)
                Add(Layer.CommandLine, sources[n]);
            else
                configuration.Sources.Add(sources[n]);
        }

        // Whoever gives an OpenAI key means OpenAI.
        if (configuration["Embeddings:ApiKey"] is not null && configuration["Embeddings:Provider"] is null)
            configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [new("Embeddings:Provider", EmbeddingAdmin.Providers.OpenAiEmbeddings.ProviderName)] });

        void Add(Layer layer, IConfigurationSource source) => configuration.Sources.Add(new SettingsLayerSource(layer, source));
    }

    /// <summary>The user's own file; null where the system has no place for one.</summary>
    private static JsonConfigurationSource? UserSecrets()
    {
        try
        {
            var file = new JsonConfigurationSource { Path = PathHelper.GetSecretsPathFromSecretsId(UserSecretsId), Optional = true };
            file.ResolveFileProvider();
            return file;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
