using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>What a run waits for, as long as it will go on by itself: it is working, it looks as if it waited, and it says for what and how long.</summary>
public sealed class WaitTests(Chrome chrome, Fleet fleet) : IClassFixture<Fleet>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rate-limit", 429, "EA-PRV-18", "asks to slow down")]
    [InlineData("provider-failing", 503, "EA-PRV-19", "failed")]
    public async Task A_provider_that_asks_for_time_gets_it_and_the_run_says_how_long(string name, int status, string code, string words)
    {
        await fleet.ReadyAsync();
        fleet.Provider.Script.Next(new(), new(), new(status, "{}", Headers: new Dictionary<string, string>(StringComparer.Ordinal) { ["Retry-After"] = "10" }));
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await desk.StartAsync();

        await desk.WaitsAsync("Waiting for 127.0.0.1", code, words);
        await desk.NamesUntilWhenAsync("Goes on at");
        await desk.Look.KeepAsync($"waiting-{name}");

        await desk.EndsVerifiedAsync();
        desk.IsFaultless();
    }

    [Fact]
    public async Task The_application_goes_first_where_it_holds_rows_and_the_run_says_that_it_waits_for_the_database()
    {
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await using (var app = await fleet.Database.DataSource.OpenConnectionAsync(Cancel))
        {
            await using var transaction = await app.BeginTransactionAsync(Cancel);
            await using (var edit = new NpgsqlCommand($"update {Fleet.Table} set title = title where id in (select id from {Fleet.Table} order by id limit 100)", app, transaction))
                await edit.ExecuteNonQueryAsync(Cancel);
            await desk.StartAsync();
            await desk.WaitsAsync("Waiting for the database");
            await desk.Look.KeepAsync("waiting-database");
            await desk.Look.KeepAsync("waiting-database", width: 360);
            await transaction.CommitAsync(Cancel);
        }

        await desk.EndsVerifiedAsync();
        desk.IsFaultless();
    }
}
