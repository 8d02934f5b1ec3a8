namespace EmbeddingAdmin.Web.Connection;

internal static class ReadinessRegistration
{
    /// <summary>What leads from the start to a usable database, and what shows it.</summary>
    public static void AddReadiness(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(_ => SettingsReport.Read(builder.Configuration, builder.Environment.ContentRootPath));
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Readiness>());
        builder.Services.AddSingleton<ReadyCheck>();
        builder.Services.AddSingleton<ConnectionLook>();
        builder.Services.AddScoped<ConnectionCommands>();
    }
}
