using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
        services.Configure<EmbeddingOptions>(configuration.GetSection(EmbeddingOptions.Section));
        services.Configure<BackfillOptions>(configuration.GetSection(BackfillOptions.Section));
        services.Configure<SupabaseOptions>(configuration.GetSection(SupabaseOptions.Section));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => DatabaseConnection.Open(configuration.GetConnectionString("Postgres") ?? ""));
        // Read when it is first asked for: the local stack names its tables only when it is up.
        services.AddSingleton(_ => TableSettings.Read(configuration).Tables);
        services.AddSingleton<RecipeBook>();
        services.AddSingleton<TableCatalog>();
        services.AddSingleton<ProviderSource>();
        services.AddSingleton<StampBook>();
        services.AddSingleton<CoverageReader>();
        services.AddSingleton(_ => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(20) });
        services.AddSingleton<SupabaseApi>();
        services.AddSingleton<AccessProbe>();
        services.AddSingleton<OriginalBug>();
        services.AddSingleton<EventLog>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<Ledger>();
        services.AddSingleton<RunTasks>();
        services.AddSingleton<RunFeed>();
        services.AddSingleton<StartPlanner>();
        services.AddSingleton<RunControl>();
        services.AddSingleton<Runner>();
        services.AddSingleton<RowPages>();
        services.AddSingleton<RandomRow>();
        services.AddSingleton<RowInspector>();
        services.AddSingleton<Neighbours>();
        services.AddSingleton<RowEmbedder>();
        services.AddSingleton<ShownVectorWriter>();
        return services;
    }

    /// <summary>Makes this process a host that drives the runs.</summary>
    public static IServiceCollection AddRunHost(this IServiceCollection services)
    {
        services.AddHostedService<RunFeedPoll>();
        services.AddHostedService<RunHost>();
        return services;
    }
}
