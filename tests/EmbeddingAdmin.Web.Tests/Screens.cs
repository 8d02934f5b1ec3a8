using Bunit;
using EmbeddingAdmin.Runs;
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
    private Screens(string connection, IEnumerable<(string Key, string Value)> settings)
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        DefaultWaitTimeout = TimeSpan.FromSeconds(20);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Postgres", connection), new("Backfill:RowsPerSecond", "400")]).AddInMemoryCollection(EmbeddingAdmin.Local.DemoTables.Settings)
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
        Services.AddSingleton<IConfiguration>(configuration);
        Services.AddEmbeddingAdmin(configuration).AddScreens().AddRadzenComponents();
        Services.AddSingleton<Sessions>().AddScoped<Operator>();
    }

    public RunFeed Feed => Services.GetRequiredService<RunFeed>();

    public static async Task<Screens> OpenAsync(ScreensDatabase database, Func<NpgsqlConnectionStringBuilder, NpgsqlConnectionStringBuilder>? connection = null, params (string Key, string Value)[] settings)
    {
        var builder = new NpgsqlConnectionStringBuilder(database.Database.ConnectionString);
        var screens = new Screens((connection?.Invoke(builder) ?? builder).ConnectionString, settings);
        var id = await new Sessions(database.Database.DataSource).OpenAsync("Ada", TestContext.Current.CancellationToken);
        screens.AddAuthorization().SetAuthorized("Ada").SetClaims([.. SessionCookie.PrincipalOf("Ada", Secret.HashOf(id), "test").Claims]);
        return screens;
    }
}
