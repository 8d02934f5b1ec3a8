using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.SignIn;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Web.Tests.Connection;

/// <summary>What pages need of the connection where a test has no database.</summary>
internal static class Parts
{
    public static void AddReadiness(this IServiceCollection services, bool ready)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Postgres", "Host=127.0.0.1;Port=1;Username=nobody;Database=none")]).Build();
        var gate = new SchemaGate();
        if (ready)
            gate.Open();
        services.AddSingleton<IConfiguration>(settings).AddSingleton(SettingsReport.Read(settings, "")).AddSingleton(gate).AddLogging();
        services.AddSingleton(_ => NpgsqlDataSource.Create(settings.GetConnectionString("Postgres")!));
        services.AddSingleton<DatabaseBrake>().AddSingleton<Readiness>().AddSingleton<Sessions>().AddScoped<Operator>().AddScoped<ConnectionCommands>();
    }
}
