using Microsoft.Extensions.Primitives;

namespace EmbeddingAdmin.Web.Configuration;

/// <summary>The places that settings come from, the weakest first.</summary>
internal enum Layer
{
    AppSettings,
    DotEnv,
    UserSecrets,
    Environment,
    CommandLine,
}

/// <summary>
/// One place of settings, with the names that people already have brought to our own. Within one place our own name counts before
/// another; a value that is empty is one that is not set, so that the next place is asked.
/// </summary>
internal sealed class SettingsLayer : ConfigurationProvider, IDisposable
{
    private readonly ConfigurationRoot _inner;
    private readonly IDisposable _watch;

    public SettingsLayer(Layer layer, IConfigurationProvider inner)
    {
        Layer = layer;
        Inner = inner;
        _inner = new ConfigurationRoot([inner]);
        _watch = ChangeToken.OnChange(_inner.GetReloadToken, () =>
        {
            Load();
            OnReload();
        });
    }

    public Layer Layer { get; }

    /// <summary>What reads the place itself.</summary>
    public IConfigurationProvider Inner { get; }

    /// <summary>The settings of the place, by our own names.</summary>
    public IEnumerable<string> Keys => Data.Keys;

    /// <summary>The layers of a configuration, the weakest first.</summary>
    public static IEnumerable<SettingsLayer> Of(IConfiguration configuration) => configuration is IConfigurationRoot root ? root.Providers.OfType<SettingsLayer>() : [];

    public override void Load()
    {
        var given = _inner.AsEnumerable().Where(pair => !string.IsNullOrWhiteSpace(pair.Value)).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        foreach (var name in SettingName.All)
        {
            var others = Layer == Layer.DotEnv ? name.Aliases.Concat(name.FileAliases) : name.Aliases;
            if (!given.ContainsKey(name.Key) && others.FirstOrDefault(given.ContainsKey) is { } other)
                given[name.Key] = given[other];
        }

        Data = given.Where(pair => !SettingName.Others.Contains(pair.Key)).ToDictionary(StringComparer.OrdinalIgnoreCase);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _inner.Dispose();
    }

    public override string ToString() => Layer.ToString();
}

/// <summary>Makes a <see cref="SettingsLayer"/> of a source.</summary>
internal sealed class SettingsLayerSource(Layer layer, IConfigurationSource source) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new SettingsLayer(layer, source.Build(builder));
}
