using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin;

/// <summary>Registers the engine.</summary>
public static class EmbeddingAdminRegistration
{
    /// <summary>
    /// Everything that the dashboard and the terminal need: the database of <c>ConnectionStrings:Postgres</c>, the tables, the provider, the
    /// runs' records and the runner. It starts nothing; see <see cref="AddRunHost"/>.
    /// </summary>
    public static IServiceCollection AddEmbeddingAdmin(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.Configure<PriceOptions>(configuration);
        services.Configure<BackfillOptions>(configuration.GetSection(BackfillOptions.Section));
        services.Configure<CoverageOptions>(configuration.GetSection(CoverageOptions.Section));
        services.Configure<VerifyOptions>(configuration.GetSection(VerifyOptions.Section));
        services.Configure<DatabaseOptions>(configuration.GetSection(DatabaseOptions.Section));
        services.TryAddSingleton(TimeProvider.System);
        AddKeys(services, configuration);
        services.AddSingleton<DatabaseBrake>();
        services.TryAddSingleton(provider => Connection(configuration, provider.GetService<IHostEnvironment>()?.ContentRootPath ?? ""));
        services.TryAddSingleton(provider => provider.GetRequiredService<DatabaseConnection>().Open(provider.GetRequiredService<DatabaseBrake>()));
        services.AddSingleton(_ => InstanceRole.Read(configuration[InstanceRole.Setting]).Role ?? InstanceRole.Both);
        // Read when it is first asked for: the local stack names its tables only when it is up.
        services.AddSingleton(_ => TableSettings.Read(configuration).Tables);
        services.AddSingleton<RecipeBook>();
        services.AddSingleton<TableCatalog>();
        services.AddSingleton<Discovery>();
        services.AddSingleton<RecipePreview>();
        services.AddSingleton<ProviderSource>();
        services.AddSingleton<ProviderProbe>();
        services.AddSingleton<PriceList>();
        services.AddSingleton<StampBook>();
        services.AddSingleton<CoverageScan>();
        services.AddSingleton<CoverageCounter>();
        services.AddSingleton<CoverageGlance>();
        services.AddSingleton<CoverageReader>();
        services.AddSingleton<CoverageHistory>();
        services.AddSingleton<CoverageAges>();
        services.AddSingleton<CoverageScans>();
        services.AddSingleton(_ => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(20), MaxResponseContentBufferSize = 1 << 20 });
        services.AddSingleton<SupabaseApi>();
        services.AddSingleton<WriteFactsReader>();
        services.AddSingleton<SqlProbe>();
        services.AddSingleton<IndexMeasure>();
        services.AddSingleton<ApiProbe>();
        services.AddSingleton<AccessProbe>();
        services.AddSingleton<InquiryReader>();
        services.AddSingleton<RowSuspect>();
        services.AddSingleton<WhyNothingChanged>();
        services.AddSingleton<OriginalBug>();
        services.AddSingleton<LeastPrivilege>();
        services.AddSingleton<PoolerProbe>();
        services.AddSingleton<EventLog>();
        services.AddSingleton<SchemaGate>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<Ledger>();
        services.AddSingleton<Failures>();
        services.AddSingleton<VerifyReports>();
        services.AddSingleton<RunProof>();
        services.AddSingleton<RunTasks>();
        services.AddSingleton<RunFeed>();
        services.AddSingleton<StartEstimate>();
        services.AddSingleton<StartScope>();
        services.AddSingleton<StartPlanner>();
        services.AddSingleton<PreflightAccess>();
        services.AddSingleton<PreflightDatabase>();
        services.AddSingleton<Preflight>();
        services.AddSingleton<RunControl>();
        services.AddSingleton<Runner>();
        services.AddSingleton<RowPages>();
        services.AddSingleton<RandomRow>();
        services.AddSingleton<RowInspector>();
        services.AddSingleton<Neighbours>();
        services.AddSingleton<RowHistory>();
        services.AddSingleton<MeaningSearch>();
        services.AddSingleton<SpotCheck>();
        services.AddSingleton<RowEmbedder>();
        services.AddSingleton<ShownVectorWriter>();
        return services;
    }

    /// <summary>The keys, and the settings that they belong to: a monitor of these has the keys in force.</summary>
    private static void AddKeys(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(provider => new KeyRing(configuration, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<KeyRing>>()));
        services.AddSingleton<IOptionsChangeTokenSource<EmbeddingOptions>, KeyRingChanges<EmbeddingOptions>>();
        services.AddSingleton<IOptionsChangeTokenSource<SupabaseOptions>, KeyRingChanges<SupabaseOptions>>();
        services.AddOptions<EmbeddingOptions>().Bind(configuration.GetSection(EmbeddingOptions.Section)).PostConfigure<KeyRing>((options, keys) => options.ApiKey = keys[KeySetting.Provider]);
        services.AddOptions<SupabaseOptions>().Bind(configuration.GetSection(SupabaseOptions.Section)).PostConfigure<KeyRing>((options, keys) =>
        {
            options.Trim();
            (options.ServiceKey, options.AnonKey) = (keys[KeySetting.Service], keys[KeySetting.Anon]);
        });
    }

    /// <summary>The database of the settings, which were found right before; <see cref="DatabaseConnection.None"/> when none is set.</summary>
    private static DatabaseConnection Connection(IConfiguration configuration, string contentRoot)
    {
        if (configuration.GetConnectionString("Postgres") is not { Length: > 0 } text)
            return DatabaseConnection.None;
        var options = configuration.GetSection(DatabaseOptions.Section).Get<DatabaseOptions>() ?? new();
        var (connection, problems) = DatabaseConnection.Read(text, options.RootCertificateIn(contentRoot));
        return connection ?? throw new EmbeddingAdminException(problems[0].Code, $"{problems[0].Setting}: {problems[0].Sentence}");
    }

    /// <summary>Makes this process a host that drives the runs, once its <see cref="SchemaGate"/> was opened.</summary>
    public static IServiceCollection AddRunHost(this IServiceCollection services)
    {
        RunJobs.Add(services);
        services.AddHostedService<RunNews>();
        services.AddHostedService<RunHost>();
        services.AddHostedService(provider => provider.GetRequiredService<CoverageScans>());
        return services;
    }
}
