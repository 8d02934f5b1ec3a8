using System.ComponentModel;
using System.Globalization;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Web.Configuration;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web;

/// <summary>The settings are wrong; nothing was started.</summary>
internal sealed class SettingsRefusedException(IReadOnlyList<SettingProblem> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<SettingProblem> Problems { get; } = problems;
}

/// <summary>Finds every fault of the settings at once: who mends one should not have to start again to hear of the next.</summary>
internal static class SettingsCheck
{
    private static readonly string[] Api = ["Supabase:Url", "Supabase:ServiceKey"];

    /// <param name="settings">The settings.</param>
    /// <param name="needsDatabase">False for the dashboard, which starts without one and says what is missing.</param>
    /// <param name="clock">By which a key has expired; the system's when left out.</param>
    /// <exception cref="SettingsRefusedException">At least one setting is wrong.</exception>
    public static void Refuse(Settings settings, bool needsDatabase, TimeProvider? clock = null)
    {
        var problems = Problems(settings.Configuration, settings.ContentRoot, clock ?? TimeProvider.System);
        if (needsDatabase && MissingConnection(settings.Configuration) is { } missing)
            problems = [missing, .. problems];
        if (problems.Count > 0)
            throw new SettingsRefusedException(problems);
    }

    /// <summary>Every fault of form; a database that is missing altogether is not among them.</summary>
    public static IReadOnlyList<SettingProblem> Problems(IConfiguration configuration, string contentRoot, TimeProvider clock) =>
    [
        .. SettingsLayer.Of(configuration).Select(layer => layer.Inner).OfType<DotEnv>().SelectMany(file => file.Problems),
        .. ConnectionOf(configuration, contentRoot).Problems,
        .. Section<SupabaseOptions>(configuration, SupabaseOptions.Section, options => options.Problems(clock.GetUtcNow())),
        .. ProviderProfiles.Problem(configuration) is { } profile ? [profile] : Array.Empty<SettingProblem>(),
        .. Section<EmbeddingOptions>(configuration, EmbeddingOptions.Section, Provider),
        .. (configuration.Get<PriceOptions>() ?? new()).Problems(),
        .. TableSettings.Read(configuration).Problems,
        .. InstanceRole.Read(configuration[InstanceRole.Setting]).Problem is { } role ? [role] : Array.Empty<SettingProblem>(),
        .. Section<CoverageOptions>(configuration, CoverageOptions.Section, options => options.Problems()),
        .. Section<BackfillOptions>(configuration, BackfillOptions.Section, options => options.Problems()),
        .. Section<VerifyOptions>(configuration, VerifyOptions.Section, options => options.Problems()),
        .. Section<DatabaseOptions>(configuration, DatabaseOptions.Section, _ => []),
        .. Section<SignInOptions>(configuration, "SignIn", SignIn),
    ];

    /// <summary>What works and should be known.</summary>
    public static IReadOnlyList<SettingProblem> Warnings(IConfiguration configuration, string contentRoot)
    {
        var embeddings = configuration.GetSection(EmbeddingOptions.Section)[nameof(EmbeddingOptions.ApiKey)];
        return
        [
            // What the local stack says of itself is as it should be.
            .. configuration[LocalDatabase.Running] is null
                ? [.. ConnectionOf(configuration, contentRoot).Connection?.Warnings ?? [], .. (configuration.GetSection(SupabaseOptions.Section).Get<SupabaseOptions>() ?? new()).Warnings()]
                : Array.Empty<SettingProblem>(),
            .. embeddings is not null && SupabaseKey.Bare(embeddings) != embeddings
                ? [new SettingProblem(ErrorCodes.ValueTrimmed, "Embeddings:ApiKey", "White space, quotes or a byte order mark around the value were left out. Take them away.")]
                : Array.Empty<SettingProblem>(),
            .. ReadableFiles.Warnings(configuration, contentRoot),
            .. UnknownSettings.Of(configuration),
        ];
    }

    /// <summary>The connection of the settings, or its faults; neither when none is set.</summary>
    public static (DatabaseConnection? Connection, IReadOnlyList<SettingProblem> Problems) ConnectionOf(IConfiguration configuration, string contentRoot) =>
        configuration.GetConnectionString("Postgres") is { Length: > 0 } text
            ? DatabaseConnection.Read(text, new DatabaseOptions { RootCertificate = configuration["Database:RootCertificate"] }.RootCertificateIn(contentRoot))
            : (null, []);

    /// <summary>What is missing when the project's API is configured and its database is not; else null.</summary>
    public static SettingProblem? MissingConnection(IConfiguration configuration)
    {
        if (configuration.GetConnectionString("Postgres") is { Length: > 0 })
            return null;
        string[] there = [.. Api.Where(name => configuration[name] is { Length: > 0 })];
        if (there.Length == 0)
            return null;
        return new(ErrorCodes.HalfConfigured, "ConnectionStrings:Postgres",
            $"{string.Join(" and ", there)} {(there.Length == 1 ? "is" : "are")} set, and no database connection is: records, reading and locking go through it. "
            + "Copy it in Supabase from Connect → Session pooler, put the database password in, and set it as ConnectionStrings:Postgres (or SUPABASE_DB_URL).");
    }

    private static IEnumerable<SettingProblem> Section<T>(IConfiguration configuration, string name, Func<T, IEnumerable<SettingProblem>> problems)
        where T : class, new()
    {
        var section = configuration.GetSection(name);
        var own = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        List<SettingProblem> unreadable = [];
        foreach (var property in typeof(T).GetProperties().Where(property => property.CanWrite))
        {
            if (section[property.Name] is not { Length: > 0 } value)
                continue;
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type == typeof(string) || IsReadable(type, value))
                own[property.Name] = value;
            // The check of the section knows the range, and this value lies outside of every one.
            else if (OutOfEveryRange(type) is { } outside)
                own[property.Name] = outside;
            else
                unreadable.Add(new(ErrorCodes.OutOfRange, $"{name}:{property.Name}", "It is neither true nor false. Set one of them."));
        }

        var options = new ConfigurationBuilder().AddInMemoryCollection(own).Build().Get<T>() ?? new();
        return [.. unreadable, .. problems(options)];
    }

    private static bool IsReadable(Type type, string value)
    {
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);
            return true;
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException or OverflowException)
        {
            return false;
        }
    }

    private static string? OutOfEveryRange(Type type) =>
        type == typeof(int) ? int.MinValue.ToString(CultureInfo.InvariantCulture)
        : type == typeof(double) ? double.NaN.ToString(CultureInfo.InvariantCulture)
        : type == typeof(TimeSpan) ? TimeSpan.MinValue.ToString("c", CultureInfo.InvariantCulture)
        : null;

    private static IEnumerable<SettingProblem> Provider(EmbeddingOptions options)
    {
        var misplaced = options.ApiKey is { } key ? SupabaseKeyRules.OfProviderKey(SupabaseKey.Read(key)) : null;
        return [.. misplaced is null ? Array.Empty<SettingProblem>() : [misplaced], .. EmbeddingOptionsValidator.Problems(options)];
    }

    private static IEnumerable<SettingProblem> SignIn(SignInOptions options)
    {
        if (options.Token is { Length: < SignInOptions.ShortestToken })
            yield return new(ErrorCodes.SignInTokenTooShort, "SignIn:Token", $"It has fewer than {SignInOptions.ShortestToken} characters. Set a longer one, or none: a link is printed at every start.");
        if (options.AttemptsPerMinute < 1)
            yield return new(ErrorCodes.OutOfRange, "SignIn:AttemptsPerMinute", "It is not a whole number from 1 on. Set one.");
        if (options.AttemptsPerMinuteOfAll < 1)
            yield return new(ErrorCodes.OutOfRange, "SignIn:AttemptsPerMinuteOfAll", "It is not a whole number from 1 on. Set one.");
    }
}
