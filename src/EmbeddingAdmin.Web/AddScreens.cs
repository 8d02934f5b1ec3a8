using EmbeddingAdmin.Web.Access;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Providers;
using EmbeddingAdmin.Web.Rows;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Web.Tables;

namespace EmbeddingAdmin.Web;

internal static class ScreensRegistration
{
    /// <summary>What the pages are made of beside markup.</summary>
    public static IServiceCollection AddScreens(this IServiceCollection services) => services
        .AddSingleton<Steady>()
        .AddSingleton<Instances>()
        .AddSingleton<RunWatch>()
        .AddSingleton<TableWatch>()
        .AddSingleton<HistoryWatch>()
        .AddSingleton<LocalDemo>()
        .AddSingleton<RowLinks>()
        .AddSingleton<Probes>()
        .AddSingleton<ProviderLook>()
        .AddScoped<ProviderCommands>()
        .AddScoped<RunCommands>()
        .AddScoped<RecipeCommands>()
        .AddScoped<RowCommands>();
}
