using System.Globalization;
using EmbeddingAdmin.Local;

namespace EmbeddingAdmin.Web;

/// <summary>The local stack, which stands in where no database is configured.</summary>
internal static class LocalDatabase
{
    /// <summary>The setting that is true while the local stack stands in.</summary>
    public const string Running = "LocalStack:Running";

    // The demo would be through before anybody has looked.
    private const double DemoPace = 400;

    /// <summary>Brings the stack up, or attaches to the one that is up, and puts its connection into the configuration.</summary>
    /// <param name="settings">Where its own settings are, and where its connection goes.</param>
    /// <param name="reset">Bring back the demo's empty state.</param>
    /// <param name="steps">Gets a line for each step, with the time since the program began.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>What has to be disposed of last; null when a database is configured.</returns>
    /// <exception cref="LocalStackException">It cannot start, or there is none to reset.</exception>
    public static async Task<LocalStack?> StartAsync(Settings settings, bool reset, TextWriter steps, CancellationToken cancel)
    {
        if (!settings.LeaveTheDatabaseOpen)
            return reset ? throw new LocalStackException("--reset-demo brings back the local stack's demo, and a database is configured. Nothing was reset or started. Leave the option out, or the configured database.") : null;
        var options = new LocalStackOptions
        {
            DataFolder = FolderOf(settings),
            Postgres = settings.Configuration["LocalStack:Postgres"],
            DebianMirror = settings.Configuration["LocalStack:DebianMirror"],
            ResetDemo = reset,
        };
        var lines = new Lines(steps, settings.Age);
        var shared = LocalStack.FindRunning(options.DataFolder) is not null;
        var stack = await LocalStack.StartAsync(options, lines, cancel);
        lines.Report(shared
            ? "The local stack is up already: another process has it, and it ends with that process"
            : $"The local stack is up: {stack.Connection.Source}");
        if (stack.Connection.ApiMissing is { } missing)
            lines.Report($"Without the Supabase-compatible API: {missing}");
        Use(settings.Configuration, stack.Connection);
        return stack;
    }

    /// <summary>Puts the connection of a stack that is up into the configuration, and starts nothing.</summary>
    /// <returns>Whether there is a database to speak to.</returns>
    public static bool Find(Settings settings)
    {
        if (!settings.LeaveTheDatabaseOpen)
            return true;
        if (LocalStack.FindRunning(FolderOf(settings)) is not { } up)
            return false;
        Use(settings.Configuration, up);
        return true;
    }

    private static string FolderOf(Settings settings) => Path.Combine(settings.ContentRoot, settings.Configuration["LocalStack:Folder"] is { Length: > 0 } folder ? folder : ".localstack");

    private static void Use(IConfigurationManager configuration, LocalStackConnection connection)
    {
        if (!configuration.GetSection("Tables").Exists())
            configuration.AddInMemoryCollection(DemoTables.Settings);
        configuration.AddInMemoryCollection(Connection(configuration, connection));
    }

    private static Dictionary<string, string?> Connection(IConfigurationManager configuration, LocalStackConnection connection) => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings:Postgres"] = connection.ConnectionString,
        ["Supabase:Url"] = connection.ApiUrl,
        ["Supabase:AnonKey"] = connection.AnonKey,
        ["Supabase:ServiceKey"] = connection.ServiceKey,
        ["Supabase:Missing"] = connection.ApiMissing,
        [Running] = "true",
        ["Backfill:RowsPerSecond"] = configuration["Backfill:RowsPerSecond"] ?? DemoPace.ToString(CultureInfo.InvariantCulture),
    };

    // Progress<T> hands its lines to the thread pool, where they overtake each other.
    private sealed class Lines(TextWriter writer, Func<TimeSpan> age) : IProgress<string>
    {
        private readonly Lock _gate = new();

        public void Report(string value)
        {
            lock (_gate)
                writer.WriteLine($"{age().TotalSeconds,6:0.00} s  {value}");
        }
    }
}
