using EmbeddingAdmin.Access;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Configuration;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.Providers;
using EmbeddingAdmin.Web.SignIn;
using Microsoft.Extensions.Logging.Console;
using Npgsql;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>What a verb works with: the engine on the database of the settings, a place for its answer, and the signals that end it.</summary>
internal sealed class Terminal(IServiceProvider services, Answer answer, Signals signals)
{
    /// <summary>Who asks.</summary>
    public Actor Actor { get; } = new(Environment.UserName, "terminal");

    public Answer Answer { get; } = answer;

    public Signals Signals { get; } = signals;

    /// <summary>A part of the engine.</summary>
    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Opens a terminal, does what the verb does, and turns whatever ends it into an exit code.</summary>
    /// <param name="line">What was typed.</param>
    /// <param name="json">The answer is one JSON value.</param>
    /// <param name="startsStack">Where nothing is configured and no local stack is up, bring one up for as long as the verb takes.</param>
    /// <param name="verb">The verb.</param>
    public static async Task<int> RunAsync(CommandLine line, bool json, bool startsStack, Func<Terminal, Task<int>> verb)
    {
        var answer = new Answer(json);
        using var signals = new Signals();
        try
        {
            return await RunAsync(line, answer, signals, startsStack, verb);
        }
        catch (OperationCanceledException) when (signals.Terminated.IsCancellationRequested)
        {
            return answer.Fail(new Failure(ErrorCodes.Interrupted, "Ended by a signal. Nothing was started.", ExitCodes.NotFinished));
        }
        catch (Exception exception)
        {
            return answer.Fail(Failure.Of(exception));
        }
    }

    private static async Task<int> RunAsync(CommandLine line, Answer answer, Signals signals, bool startsStack, Func<Terminal, Task<int>> verb)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = line.SettingWords, ContentRootPath = Settings.FindContentRoot() });
        var settings = line.Read(builder.Configuration, builder.Environment.ContentRootPath);
        SettingsCheck.Refuse(settings, needsDatabase: true);
        await using var stack = LocalDatabase.Find(settings) ? null
            : startsStack ? await LocalDatabase.StartAsync(settings, reset: false, Console.Error, signals.Any)
            : throw new EmbeddingAdminException(ErrorCodes.NoDashboard, "No dashboard is up here, and no database is configured. Nothing was done. Start it: dotnet run --project src/EmbeddingAdmin.Web");
        builder.Services.AddEmbeddingAdmin(builder.Configuration);
        builder.Services.AddSingleton<SignInLinks>();
        builder.Services.AddSingleton<Instances>();
        builder.Services.AddSingleton<Probes>();
        builder.Services.AddSingleton<ProviderLook>();
        // The verb says itself what it does; of the engine's log only what went wrong is news.
        builder.Logging.AddFilter<ConsoleLoggerProvider>(null, LogLevel.Warning);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        using var host = builder.Build();
        SettingsReport.Read(settings).Log(host.Services.GetRequiredService<ILogger<SettingsReport>>());
        using var watch = new SettingsWatch(settings.Configuration, settings.ContentRoot, host.Services.GetRequiredService<KeyRing>(), host.Services.GetRequiredService<TimeProvider>());
        try
        {
            await ApplySchemaAsync(host.Services.GetRequiredService<NpgsqlDataSource>(), builder.Configuration, signals.Any);
            return await verb(new Terminal(host.Services, answer, signals));
        }
        catch (NpgsqlException fault)
        {
            throw DatabaseFaults.Explain(fault, host.Services.GetRequiredService<DatabaseConnection>())!;
        }
    }

    /// <summary>Updates a schema that is there; makes one only where nobody has to be asked.</summary>
    private static async Task ApplySchemaAsync(NpgsqlDataSource database, IConfiguration configuration, CancellationToken cancel)
    {
        if (!SchemaConsent.IsGivenBy(configuration) && await Migrations.LookAsync(database, cancel) is { Exists: false } found)
            throw new EmbeddingAdminException(ErrorCodes.SchemaNotConfirmed,
                $"The database {found.Database} has no schema embedding_admin yet, and nobody has confirmed that it may be made there. Nothing was done. Start the dashboard and confirm it, or set {SchemaConsent.Setting}=true.");
        await Migrations.ApplyAsync(database, cancel);
    }
}
