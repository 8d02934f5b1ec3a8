using Bunit;
using EmbeddingAdmin.Web.Tables;
using Microsoft.Extensions.Configuration;

namespace EmbeddingAdmin.Web.Tests.Tables;

public sealed class TableListTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task What_is_configured_comes_first_with_its_facts_or_its_fault_then_what_was_found_with_its_entry()
    {
        await database.ExecuteAsync(
            """
            create schema shop; create table shop."Odd ""Items"" <b>" (id bigint primary key, title text, vec extensions.halfvec(3));
            create table shop.pairs (a int, b int, title text, embedding extensions.vector(3), primary key (a, b)); create table shop.bare (id int primary key, title text, embedding extensions.vector);
            analyze stories
            """);
        await using var screens = await Screens.OpenAsync(database, tables: new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Tables:0:Name"] = "stories", ["Tables:0:Vector"] = "embedding", ["Tables:0:Text"] = "{title}", ["Tables:0:Filter"] = "genre=eq.noir", ["Tables:0:Private"] = "false",
            ["Tables:1:Name"] = "storys", ["Tables:1:Vector"] = "embedding",
        });
        var page = screens.Render<TableList>();
        page.WaitForElement(".found");

        var stories = page.Find("[data-configured=stories]").TextContent;
        foreach (var fact in (string[])["public.stories.embedding", "id uuid", "1,536 dimensions", "about 5,000 rows", "genre=eq.noir", "from the settings, not used yet", "not private"])
            Assert.Contains(fact, Words(stories), StringComparison.Ordinal);
        var missing = page.Find("[data-configured=storys] .error-card").TextContent;
        Assert.Contains("EA-SCH-01", missing, StringComparison.Ordinal);
        Assert.Contains("Did you mean public.stories?", missing, StringComparison.Ordinal);
        Assert.Equal(["Can be configured", "Configured", "Can be configured", "Needs a size", "Cannot be used"], page.FindAll(".found .status-badge").Select(badge => badge.LastChild!.TextContent));
        Assert.Equal(["profiles", "stories", "odd-items-b", "bare", "pairs"], page.FindAll(".found > li").Select(item => item.GetAttribute("data-found")));
        Assert.Empty(page.FindAll(".found b"));
        Assert.Contains("EA-SCH-07", page.Find("[data-found=pairs]").TextContent, StringComparison.Ordinal);
        Assert.Contains("without a size · key id (integer)", Words(page.Find("[data-found=bare]").TextContent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_copy_button_copies_JSON_that_the_settings_read()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = screens.Render<TableList>();
        page.WaitForElement(".found");

        foreach (var button in page.FindAll("[data-copy]"))
        {
            var json = page.Find($"#{button.GetAttribute("data-copy")}").TextContent;
            var file = json.Contains("\"Tables\"", StringComparison.Ordinal) ? json : $$"""{ "Tables": [ {{json}} ] }""";
            var (tables, problems) = EmbeddingAdmin.Tables.TableSettings.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file))).Build());
            Assert.Empty(problems);
            Assert.NotEmpty(tables);
        }

        Assert.NotEmpty(page.FindAll("[data-copy]"));
        // What is configured stays so when the whole section is taken over.
        Assert.Contains("{title}\\n{content}", page.Find("#entry-of-all").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_is_said_to_be()
    {
        await using var screens = await Screens.OpenAsync(database, connection =>
        {
            connection.Port = 1;
            return connection;
        });
        var page = screens.Render<TableList>();

        page.WaitForAssertion(() => Assert.Contains("EA-DB-01", page.Find(".error-card").TextContent, StringComparison.Ordinal));
    }

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
