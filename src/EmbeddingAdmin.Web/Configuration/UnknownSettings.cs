using System.Text.RegularExpressions;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web.Configuration;

/// <summary>Finds names that no setting has: a misspelt one would otherwise be ignored without a word.</summary>
internal static partial class UnknownSettings
{
    /// <summary>Sections whose names are checked by whoever reads them, or by nobody.</summary>
    private static readonly string[] Open = ["Tables", "Prices", "Logging", "Kestrel"];

    private static readonly string[] Single = ["AllowedHosts", "urls", "http_ports", "https_ports", "environment", "contentRoot", "webRoot", "applicationName", "shutdownTimeoutSeconds", InstanceRole.Setting];

    private static readonly string[] Known =
    [
        "ConnectionStrings:Postgres", "DataProtection:Folder",
        .. Of<SupabaseOptions>(SupabaseOptions.Section), .. Of<EmbeddingOptions>(EmbeddingOptions.Section), .. Of<BackfillOptions>(BackfillOptions.Section), .. Of<VerifyOptions>(VerifyOptions.Section), .. Of<SignInOptions>("SignIn"),
        .. Of<CoverageOptions>(CoverageOptions.Section),
        .. Of<DatabaseOptions>(DatabaseOptions.Section), "LocalStack:Postgres", "LocalStack:Folder", "LocalStack:DebianMirror", LocalDatabase.Running,
    ];

    /// <summary>A warning for each unknown name; the environment is full of other programs' and is not looked at.</summary>
    public static IEnumerable<SettingProblem> Of(IConfiguration configuration) =>
        SettingsLayer.Of(configuration).Where(layer => layer.Layer != Layer.Environment)
            .SelectMany(layer => layer.Keys.Where(key => !IsKnown(key)).Order(StringComparer.OrdinalIgnoreCase).Select(key => Warning(key, layer.Layer)))
            .OfType<SettingProblem>().Distinct();

    /// <summary>Whether a setting has this name, or may have it.</summary>
    internal static bool IsKnown(string key)
    {
        var section = key.Split(':')[0];
        if (key.Split(':') is [ProviderProfiles.Section, _, var name])
            return Known.Contains($"{EmbeddingOptions.Section}:{name}", StringComparer.OrdinalIgnoreCase);
        return Known.Contains(key, StringComparer.OrdinalIgnoreCase) || Single.Contains(key, StringComparer.OrdinalIgnoreCase) || Open.Contains(section, StringComparer.OrdinalIgnoreCase);
    }

    private static SettingProblem? Warning(string key, Layer layer)
    {
        var near = key.Contains(':', StringComparison.Ordinal) ? NearestOf(key) : NearMatch.Misspelt(key, [.. SettingName.Others, .. Single]);
        // Many programs share a .env; only what looks like one of ours is worth a word.
        if (near is null && layer == Layer.DotEnv && !key.Contains(':', StringComparison.Ordinal))
            return null;
        // Something pasted in the wrong place may be a secret.
        if (!Name().IsMatch(key))
            return new(ErrorCodes.UnknownSetting, Place(layer), "A name there is none of a setting's, and was ignored. Look for a value that stands where a name belongs.");
        return new(ErrorCodes.UnknownSetting, key, $"No setting has this name ({Place(layer)}), and it was ignored.{(near is null ? " Take it away." : $" Did you mean {near}?")}");
    }

    /// <summary>The nearest whole name; in an unknown section, the nearest section with the rest as it was.</summary>
    private static string? NearestOf(string key)
    {
        var colon = key.IndexOf(':', StringComparison.Ordinal);
        var (section, rest) = (key[..colon], key[(colon + 1)..]);
        var sections = Known.Select(known => known.Split(':')[0]).Concat(Open).Distinct(StringComparer.Ordinal);
        if (NearMatch.Misspelt(section, sections) is not { } near)
            return null;
        var known = Known.Where(name => name.StartsWith($"{near}:", StringComparison.Ordinal)).ToList();
        return NearMatch.Misspelt(rest, known.Select(name => name[(near.Length + 1)..])) is { } name ? $"{near}:{name}" : Open.Contains(near, StringComparer.Ordinal) ? $"{near}:{rest}" : null;
    }

    private static string Place(Layer layer) => layer switch
    {
        Layer.AppSettings => "appsettings.json",
        Layer.DotEnv => DotEnv.FileName,
        Layer.UserSecrets => "user secrets",
        Layer.Environment => "the environment",
        Layer.CommandLine => "the command line",
        _ => throw new InvalidOperationException($"{layer} is no place of settings."),
    };

    private static IEnumerable<string> Of<T>(string section) => typeof(T).GetProperties().Where(property => property.CanWrite).Select(property => $"{section}:{property.Name}");

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_.:-]{0,60}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
