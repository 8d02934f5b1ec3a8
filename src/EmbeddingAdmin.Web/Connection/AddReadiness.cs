namespace EmbeddingAdmin.Web.Connection;

internal static class ReadinessRegistration
{
    /// <summary>What leads from the start to a usable database, and what shows it.</summary>
    public static void AddReadiness(this IServiceCollection services)
    {
        services.AddSingleton<Readiness>();
        services.AddHostedService(provider => provider.GetRequiredService<Readiness>());
        services.AddSingleton<ReadyCheck>();
        services.AddSingleton<ConnectionLook>();
        services.AddScoped<ConnectionCommands>();
    }
}
