using System.Net;
using EmbeddingAdmin.Database.Tests.Commands;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Database.Tests.Pooler;

public sealed class ProcessTests(AssemblyStack stack)
{
    [Fact]
    public async Task The_dashboard_and_the_terminal_work_through_a_pooler_side_by_side()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = new StackFolder();
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Demo, cancel);
        await using var pooler = await stack.Postgres.StartPoolerAsync(database, cancel);
        (string Name, string Value)[] settings =
        [
            ("ConnectionStrings__Postgres", pooler.ConnectionString), ("Database__AutoMigrate", "true"), ("Embeddings__Provider", "local"), ("DataProtection__Folder", Path.Combine(folder.Path, "keys")),
            .. DemoTables.Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!)),
        ];
        // Not the first free port, which another dashboard that starts now would find too.
        await using (var app = App.Start([.. settings, ("urls", "http://127.0.0.1:0")]))
        {
            // Sessions of people who signed in are rows.
            Assert.Equal(HttpStatusCode.Redirect, await DashboardTests.SignInAsync(DashboardTests.LinkIn(await app.Output.LineWithAsync("Sign in"))));

            var whole = await App.RunAsync(settings, "backfill", "profiles", "--json");
            Assert.Equal((0, "succeeded", "verified"), (whole.ExitCode, whole.Json.GetProperty("status").GetString(), whole.Json.GetProperty("verdict").GetString()));
            var verified = await App.RunAsync(settings, "verify", "profiles", "--json");
            Assert.Equal((0, "verified"), (verified.ExitCode, verified.Json.GetProperty("verdict").GetString()));

            await using var begun = App.Start([.. settings, ("Backfill__RowsPerSecond", "40")], "backfill", "stories", "--limit", "3000", "--json");
            await begun.Error.LineWithAsync("of 3,000 rows");
            Assert.Equal(0, (await App.RunAsync(settings, "pause", "3", "--json")).ExitCode);
            Assert.Equal(5, (await begun.EndAsync()).ExitCode);
            await database.ExecuteAsync("update embedding_admin.run set rows_per_second = null where id = 3", cancel);
            Assert.Equal("Run 3 goes on.", (await App.RunAsync(settings, "resume", "3")).Output);
            await app.Error.LineWithAsync("Run 3 is Succeeded");

            await app.SignalAsync("TERM");
            Assert.Equal(0, (await app.EndAsync()).ExitCode);
        }

        Assert.Equal("succeeded verified", await database.ScalarAsync<string>("select status || ' ' || verdict from embedding_admin.run where id = 3", cancel));
        Assert.Empty(await Leftovers.FindAsync(database, pooler, cancel));
    }
}
