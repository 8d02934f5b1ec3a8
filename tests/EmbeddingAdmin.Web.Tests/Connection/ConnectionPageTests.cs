using Bunit;
using EmbeddingAdmin.Web.Connection;

namespace EmbeddingAdmin.Web.Tests.Connection;

public sealed class ConnectionPageTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task It_shows_each_part_of_the_connection_as_it_is()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = screens.Render<ConnectionPage>();
        page.WaitForAssertion(() => Assert.Equal(["Database", "Tables", "Supabase API", "Provider", "Settings"], page.FindAll("h2").Select(title => title.TextContent)));
        var text = page.Markup;
        Assert.Contains(database.Database.Name, text, StringComparison.Ordinal);
        Assert.Contains("postgres, a superuser", text, StringComparison.Ordinal);
        Assert.Contains("in schema extensions", text, StringComparison.Ordinal);
        Assert.Contains("public.profiles.preference_embedding", text, StringComparison.Ordinal);
        Assert.StartsWith("Nothing is wrong, as of ", page.Find(".as-of").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain(new Npgsql.NpgsqlConnectionStringBuilder(database.Database.ConnectionString).Password!, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_outside_stands_there_with_its_cure_and_is_gone_at_the_next_look()
    {
        await database.ExecuteAsync("alter table profiles rename to gone");
        await using var screens = await Screens.OpenAsync(database);
        var page = screens.Render<ConnectionPage>();
        page.WaitForAssertion(() => Assert.Contains("EA-SCH-01", page.Find(".check-wrong").TextContent, StringComparison.Ordinal));
        Assert.StartsWith("One thing is wrong, as of ", page.Find(".as-of").TextContent, StringComparison.Ordinal);

        await database.ExecuteAsync("alter table gone rename to profiles");
        page.Find("button").Click();
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".check-wrong")));
    }

    [Fact]
    public async Task It_looks_again_by_itself_but_asks_no_database_that_refused_it()
    {
        await using var relay = new Relay(database.Database.ConnectionString);
        relay.Open();
        var clock = new ManualClock();
        await using var screens = await Screens.OpenAsync(database, settings => new(relay.ConnectionString) { Password = "not the password" }, clock);
        var page = screens.Render<ConnectionPage>();
        page.WaitForAssertion(() => Assert.Contains("EA-DB-03", page.Find(".check-wrong").TextContent, StringComparison.Ordinal));
        clock.Advance(ConnectionPage.Every * 4);
        Assert.Equal(1, relay.Connections);

        page.Find("button").Click();
        await Until.TrueAsync(() => relay.Connections == 2);
    }
}
