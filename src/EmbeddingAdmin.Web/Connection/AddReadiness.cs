using Npgsql;

namespace EmbeddingAdmin.Web.Connection;

internal static class ReadinessRegistration
{
    // No such host exists, by RFC 2606.
    private const string Nowhere = "Host=not-configured.invalid";

    /// <summary>What leads from the start to a usable database, and what shows it.</summary>
    public static void AddReadiness(this WebApplicationBuilder builder)
    {
        var settings = SettingsReport.Of(builder.Configuration);
        // Everything that works on the database is put together all the same; before it is ready nothing of it is asked.
        if (settings.Connection is null)
            builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(Nowhere));
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Readiness>());
        builder.Services.AddSingleton<ReadyCheck>();
        builder.Services.AddSingleton<ConnectionLook>();
        builder.Services.AddScoped<ConnectionCommands>();
    }
}
