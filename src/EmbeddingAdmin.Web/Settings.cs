using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Configuration;

namespace EmbeddingAdmin.Web;

/// <summary>Where the settings of this process come from, and since when it runs.</summary>
/// <param name="Configuration">The settings themselves.</param>
/// <param name="ContentRoot">The folder that relative paths start from.</param>
/// <param name="Age">The time since the program's first line.</param>
internal sealed record Settings(IConfigurationManager Configuration, string ContentRoot, Func<TimeSpan> Age)
{
    private static readonly string[] HostSettings = ["urls", "AllowedHosts", "environment", InstanceRole.Setting];

    /// <summary>True when nothing says where the database is, so that the local stack may stand in.</summary>
    public bool LeaveTheDatabaseOpen =>
        Configuration.GetConnectionString("Postgres") is not { Length: > 0 } && Configuration["Supabase:Url"] is not { Length: > 0 } && Configuration["Supabase:ServiceKey"] is not { Length: > 0 };

    /// <summary>Reads the settings of a builder, from all places and in their order.</summary>
    public static Settings Read(IConfigurationManager configuration, string contentRoot, Func<TimeSpan> age)
    {
        SettingsLayers.Arrange(configuration, contentRoot);
        return new(configuration, contentRoot, age);
    }

    /// <summary>
    /// The folder of appsettings.json: where the command was typed (<c>dotnet run</c> types it at the root), else the program's own.
    /// </summary>
    public static string FindContentRoot() =>
        File.Exists(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json")) ? Directory.GetCurrentDirectory() : AppContext.BaseDirectory;

    /// <summary>Tells settings (<c>--Section:Key value</c>, <c>--urls=…</c>) from verbs and their options.</summary>
    public static (string[] Settings, string[] Words) Split(IReadOnlyList<string> args)
    {
        List<string> settings = [], words = [];
        for (var n = 0; n < args.Count; n++)
        {
            if (!IsSetting(args[n]))
            {
                words.Add(args[n]);
                continue;
            }
            settings.Add(args[n]);
            if (!args[n].Contains('=', StringComparison.Ordinal) && n + 1 < args.Count && !args[n + 1].StartsWith("--", StringComparison.Ordinal))
                settings.Add(args[++n]);
        }
        return ([.. settings], [.. words]);
    }

    /// <summary>
    /// Npgsql takes whatever the connection string leaves out from libpq's variables; those speak of somebody else's database. And <c>ROLE</c> is a name
    /// that others use too: it is ours only where it says something of ours.
    /// </summary>
    public static void ForgetForeignVariables()
    {
        if (InstanceRole.Read(Environment.GetEnvironmentVariable("ROLE")).Role is null)
            Environment.SetEnvironmentVariable("ROLE", null);
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("PG", StringComparison.Ordinal)))
            Environment.SetEnvironmentVariable(name, null);
    }

    private static bool IsSetting(string arg)
    {
        if (!arg.StartsWith("--", StringComparison.Ordinal))
            return false;
        var name = arg[2..].Split('=')[0];
        return name.Contains(':', StringComparison.Ordinal) || HostSettings.Contains(name, StringComparer.OrdinalIgnoreCase) || SettingName.Others.Contains(name);
    }
}
