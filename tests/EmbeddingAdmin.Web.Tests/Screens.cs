using Bunit;
using Bunit.TestDoubles;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Configuration;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.SignIn;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Radzen;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>Pages drawn on a real database by somebody who is signed in.</summary>
internal sealed class Screens : BunitContext
{
    private readonly BunitAuthorizationContext _whoever;

    private Screens(string connection, TimeProvider? clock, IReadOnlyDictionary<string, string?>? tables, IEnumerable<(string Key, string Value)> settings)
    {
        _whoever = AddAuthorization();
        JSInterop.Mode = JSRuntimeMode.Loose;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Postgres", connection), new("Backfill:RowsPerSecond", "400")]).AddInMemoryCollection(tables ?? EmbeddingAdmin.Local.DemoTables.Settings)
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
        Services.AddSingleton<IConfiguration>(configuration);
        Services.AddSingleton(clock ?? TimeProvider.System);
        Services.AddEmbeddingAdmin(configuration).AddScreens().AddRadzenComponents();
        Services.AddSingleton(provider => new SettingsWatch(configuration, "", provider.GetRequiredService<KeyRing>(), provider.GetRequiredService<TimeProvider>()));
        Services.AddSingleton<Sessions>().AddScoped<Operator>();
        Services.AddSingleton(SettingsReport.Read(configuration, "")).AddSingleton<Readiness>().AddScoped<ConnectionCommands>().AddSingleton<ConnectionLook>();
    }

    public RunFeed Feed => Services.GetRequiredService<RunFeed>();

    public Readiness Readiness => Services.GetRequiredService<Readiness>();

    public static async Task<Screens> OpenAsync(ScreensDatabase database, Func<NpgsqlConnectionStringBuilder, NpgsqlConnectionStringBuilder>? connection = null, TimeProvider? clock = null, IReadOnlyDictionary<string, string?>? tables = null, params (string Key, string Value)[] settings)
    {
        var builder = new NpgsqlConnectionStringBuilder(database.Database.ConnectionString);
        var screens = new Screens((connection?.Invoke(builder) ?? builder).ConnectionString, clock, tables, settings);
        screens.SignIn(await new Sessions(database.Database.DataSource).OpenAsync("Ada", TestContext.Current.CancellationToken));
        return screens;
    }

    /// <summary>Somebody who signed in before the database was ready.</summary>
    public static async Task<Screens> OpenEarlyAsync(string connection)
    {
        var screens = new Screens(connection, null, null, []);
        screens.Services.AddSingleton<SignInMemory>();
        screens.SignIn(await screens.Services.GetRequiredService<Sessions>().OpenAsync("Ada", TestContext.Current.CancellationToken));
        return screens;
    }

    private void SignIn(string id) => _whoever.SetAuthorized("Ada").SetClaims([.. SessionCookie.PrincipalOf("Ada", Secret.HashOf(id), "test").Claims]);
}
