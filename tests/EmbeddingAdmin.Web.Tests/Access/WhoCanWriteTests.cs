using Bunit;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Access;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class WhoCanWriteTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task The_connection_and_the_two_keys_stand_there_with_ways_to_all_of_it_and_to_the_reason()
    {
        await database.ExecuteAsync(
            """
            create function keep_old() returns trigger language plpgsql as $$ begin new.embedding := old.embedding; return new; end $$;
            create trigger keep_old before update of embedding on stories for each row execute function keep_old()
            """);
        try
        {
            await using var screens = await Screens.OpenAsync(database);
            var who = screens.Render<WhoCanWrite>(p => p.Add(w => w.Table, EmbeddingTable.Defaults[0]));
            who.WaitForElement(".probes");

            Assert.Equal(["Database role postgres", "Service key", "Anonymous key"], who.FindAll(".probes strong").Select(name => name.TextContent));
            Assert.Equal(["Silently no", "Not measured", "Not measured"], who.FindAll(".probes .status-badge").Select(badge => badge.LastChild!.TextContent));
            Assert.Contains("neither RETURNING nor the row has the test vector", who.Find(".probes details").TextContent, StringComparison.Ordinal);
            Assert.Equal(["/access?table=stories", "/access/why/stories?who=connection-sql"], who.FindAll(".who-links a").Select(link => link.GetAttribute("href")));

            await database.ExecuteAsync("drop function keep_old() cascade");
            await who.FindAll("button")[0].ClickAsync(new());
            who.WaitForAssertion(() => Assert.Equal("Can write", who.Find(".probes .status-badge").LastChild!.TextContent));
            Assert.Equal("/access/why/stories", who.FindAll(".who-links a")[1].GetAttribute("href"));
        }
        finally
        {
            await database.ExecuteAsync("drop function if exists keep_old() cascade");
        }
    }

    [Fact]
    public async Task A_database_that_is_away_is_said_in_a_line_and_nothing_is_made_up()
    {
        await using var relay = new Relay(database.Database.ConnectionString);
        await using var screens = await Screens.OpenAsync(database, _ => new(relay.ConnectionString));
        var who = screens.Render<WhoCanWrite>(p => p.Add(w => w.Table, EmbeddingTable.Defaults[0]));
        who.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseUnreachable, who.Find(".fault-line").TextContent, StringComparison.Ordinal));
        Assert.Empty(who.FindAll(".probes, .skeleton"));
    }
}
