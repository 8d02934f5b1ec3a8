using EmbeddingAdmin.Access;

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
/// another; a value that is empty is one that is not set, so that the next place is asked. A file that changes later gives its keys; everything
/// else stays as it was at the start.
/// </summary>
internal sealed class SettingsLayer : ConfigurationProvider, IDisposable
{
    private static readonly string[] Keyed = [.. KeySetting.All.Select(setting => setting.Name)];

    private readonly ConfigurationRoot _inner;

    public SettingsLayer(Layer layer, IConfigurationProvider inner)
    {
        Layer = layer;
        Inner = inner;
        _inner = new ConfigurationRoot([inner]);
    }

    public Layer Layer { get; }

    /// <summary>What reads the place itself.</summary>
    public IConfigurationProvider Inner { get; }

    /// <summary>The settings of the place, by our own names.</summary>
    public IEnumerable<string> Keys => Data.Keys;

    /// <summary>The layers of a configuration, the weakest first.</summary>
    public static IEnumerable<SettingsLayer> Of(IConfiguration configuration) => configuration is IConfigurationRoot root ? root.Providers.OfType<SettingsLayer>() : [];

    /// <summary>The file of the place; null when it is none.</summary>
    /// <param name="contentRoot">The folder that relative paths start from.</param>
    public string? FileIn(string contentRoot) => Inner switch
    {
        DotEnv file => file.Path,
        FileConfigurationProvider { Source: { Path: { } path } source } => source.FileProvider?.GetFileInfo(path).PhysicalPath ?? Path.Combine(contentRoot, path),
        _ => null,
    };

    public override void Load() => Data = Read();

    /// <summary>Reads the place again, takes the keys that it names now, and tells what has changed beside.</summary>
    /// <returns>The names whose values count only from the next start on.</returns>
    /// <exception cref="InvalidDataException">It cannot be read any more; nothing was taken.</exception>
    public IReadOnlyList<string> Reread()
    {
        Inner.Load();
        if (Inner is DotEnv { Problems: [var problem, ..] })
            throw new InvalidDataException(problem.Sentence);
        var (before, now) = (Data, Read());
        // Replaced as a whole: others read it meanwhile.
        Data = before.Where(pair => !IsKey(pair.Key)).Concat(now.Where(pair => IsKey(pair.Key))).ToDictionary(StringComparer.OrdinalIgnoreCase);
        OnReload();
        return [.. before.Keys.Union(now.Keys, StringComparer.OrdinalIgnoreCase).Where(name => !IsKey(name) && !string.Equals(Value(before, name), Value(now, name), StringComparison.Ordinal)).Order(StringComparer.OrdinalIgnoreCase)];

        static bool IsKey(string name) => Keyed.Contains(name, StringComparer.OrdinalIgnoreCase);
        static string? Value(IDictionary<string, string?> values, string name) => values.TryGetValue(name, out var value) ? value : null;
    }

    public void Dispose() => _inner.Dispose();

    public override string ToString() => Layer.ToString();

    private Dictionary<string, string?> Read()
    {
        var given = _inner.AsEnumerable().Where(pair => !string.IsNullOrWhiteSpace(pair.Value)).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        foreach (var name in SettingName.All)
        {
            var others = Layer == Layer.DotEnv ? name.Aliases.Concat(name.FileAliases) : name.Aliases;
            if (!given.ContainsKey(name.Key) && others.FirstOrDefault(given.ContainsKey) is { } other)
                given[name.Key] = given[other];
        }

        return given.Where(pair => !SettingName.Others.Contains(pair.Key)).ToDictionary(StringComparer.OrdinalIgnoreCase);
    }
}

/// <summary>Makes a <see cref="SettingsLayer"/> of a source.</summary>
internal sealed class SettingsLayerSource(Layer layer, IConfigurationSource source) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new SettingsLayer(layer, source.Build(builder));
}
