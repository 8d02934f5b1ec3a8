using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>What a run waits for, as long as it will go on by itself: it is working, it looks as if it waited, and it says for what and how long.</summary>
public sealed class WaitTests(Chrome chrome, Fleet fleet) : IClassFixture<Fleet>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_provider_that_asks_for_time_or_fails_gets_it_and_the_run_says_how_long()
    {
        await fleet.ReadyAsync();
        var script = fleet.Provider.Script;
        await using var desk = await Desk.SitAsync(chrome, fleet);
        script.Next(new ScriptedAnswer());
        // Until it has been seen, however long that takes: the run asks again every ten seconds.
        script.Refuse(_ => true, After(429));
        await desk.StartAsync();
        await IsNamedAsync("rate-limit", "Waiting for 127.0.0.1", "EA-PRV-18", "asks to slow down");
        script.TakeAll();
        script.Refuse(_ => true, After(503));
        await IsNamedAsync("provider-failing", "Waiting for 127.0.0.1", "EA-PRV-19", "failed");
        script.TakeAll();
        script.Down = Outage.Unavailable;
        await IsNamedAsync("provider-down", "times in a row", "it is asked again at", "no text is sent until it answers");
        script.Down = Outage.None;

        await desk.EndsVerifiedAsync();
        desk.IsFaultless();

        async Task IsNamedAsync(string name, params string[] words)
        {
            await desk.WaitsAsync(words);
            await desk.NamesUntilWhenAsync("Goes on at");
            await desk.Look.KeepAsync($"waiting-{name}");
        }

        static ScriptedAnswer After(int status) => new(status, "{}", Headers: new Dictionary<string, string>(StringComparer.Ordinal) { ["Retry-After"] = "10" });
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
