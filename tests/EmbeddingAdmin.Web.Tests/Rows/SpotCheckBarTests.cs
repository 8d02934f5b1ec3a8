using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Web.Rows;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class SpotCheckBarTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Theory]
    [InlineData("stories")]
    [InlineData("profiles")]
    public async Task The_buttons_go_on_and_back_in_the_order_of_the_address_and_keep_it(string table)
    {
        var keys = await KeysAsync($"select array_agg(id::text order by id) from (select id from {table} order by id limit 3) s");
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, RowAddress.Of(table, keys[0]), table);
        await ClickAsync(page, "Next");
        await IsAsync(page, keys[1]);
        Assert.Equal(RowAddress.Of(table, keys[1]), Address(screens));
        await ClickAsync(page, "Previous");
        await IsAsync(page, keys[0]);
        await ClickAsync(page, "Previous");
        page.WaitForAssertion(() => Assert.Contains("There is no row before this one in this order.", page.Find(".spot-said").TextContent, StringComparison.Ordinal));

        // Another order keeps the row until somebody goes on.
        await page.Find(".spot-order select").ChangeAsync(new() { Value = "State emptySource" });
        page.WaitForAssertion(() => Assert.Equal($"{RowAddress.Of(table, keys[0])}?order=state&state=emptySource", Address(screens)));
        await ClickAsync(page, "First");
        page.WaitForAssertion(() => Assert.Equal("nothing to embed", page.Find(".row-reason .state-chip").TextContent));
        Assert.EndsWith("?order=state&state=emptySource", Address(screens), StringComparison.Ordinal);
        var here = page.Find("h1").TextContent;
        await ClickAsync(page, "Random row");
        page.WaitForAssertion(() => Assert.NotEqual(here, page.Find("h1").TextContent));
        Assert.EndsWith("?order=state&state=emptySource", Address(screens), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_button_names_its_key_and_the_heading_is_announced()
    {
        var keys = await KeysAsync("select array_agg(id::text order by id) from (select id from stories order by id limit 1) s");
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, RowAddress.Of("stories", keys[0]), "stories");
        page.WaitForElement(".spot-check");
        foreach (var (name, key) in new[] { ("Next", "n"), ("Previous", "p"), ("Random row", "r") })
        {
            var button = page.FindAll(".spot-check button").Single(b => b.TextContent.EndsWith(name, StringComparison.Ordinal));
            Assert.Equal((key, key), (button.GetAttribute("data-key"), button.GetAttribute("aria-keyshortcuts")));
        }

        Assert.Equal("polite", page.Find("h1").GetAttribute("aria-live"));
        Assert.NotNull(page.Find("spot-keys input[role=switch]"));
    }

    [Fact]
    public async Task Where_nothing_says_when_a_row_was_made_that_order_is_not_offered_and_why_is_said()
    {
        var story = await KeysAsync("select array_agg(id::text order by id) from (select id from stories order by id limit 1) s");
        var profile = await KeysAsync("select array_agg(id::text order by id) from (select id from profiles order by id limit 1) s");
        await using var screens = await Screens.OpenAsync(database);
        var offered = Open(screens, RowAddress.Of("stories", story[0]), "stories");
        Assert.False(offered.WaitForElement("option[value=Oldest]").HasAttribute("disabled"));
        Assert.Equal("oldest first, by created_at", offered.Find("option[value=Oldest]").TextContent);
        var not = Open(screens, RowAddress.Of("profiles", profile[0]), "profiles");
        Assert.True(not.WaitForElement("option[value=Newest]").HasAttribute("disabled"));
        Assert.Contains("Nothing says when a row was made", not.Find(".spot-check").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_way_is_read_from_its_address_as_it_was_written()
    {
        SampleWalk[] walks = [SampleWalk.ByKey, new(SampleOrder.Longest, null, 77), new(SampleOrder.Newest), new(SampleOrder.State, CoverageState.StaleText), new(SampleOrder.Random, null, 5)];
        foreach (var walk in walks)
        {
            var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(new Uri("http://x"), RowAddress.Of("t", "..", walk)).Query);
            Assert.Equal("..", (string?)query["key"]);
            Assert.Equal(walk, RowAddress.WalkOf(query.GetValueOrDefault("order"), query.GetValueOrDefault("state"), query.TryGetValue("seed", out var seed) ? int.Parse(seed!) : null));
        }

        foreach (var (order, state) in new[] { ("nonsense", null), ("state", null), ("state", "nonsense"), (null, "missing"), ("3", null) })
            Assert.Equal(SampleWalk.ByKey, RowAddress.WalkOf(order, state, 4));
    }

    private static IRenderedComponent<SingleRow> Open(Screens screens, string address, string table)
    {
        screens.Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        var page = screens.Render<SingleRow>(p => p.Add(row => row.Table, table));
        // As the router does: the page is told of every new address.
        screens.Services.GetRequiredService<NavigationManager>().LocationChanged += (_, _) => _ = page.InvokeAsync(() => page.Render());
        page.WaitForElement(".spot-check");
        return page;
    }

    private static Task ClickAsync(IRenderedComponent<SingleRow> page, string button) =>
        page.FindAll(".spot-check button").Single(b => b.TextContent.EndsWith(button, StringComparison.Ordinal)).ClickAsync(new());

    private static Task IsAsync(IRenderedComponent<SingleRow> page, string key)
    {
        page.WaitForAssertion(() => Assert.Equal($"Row {key}", page.Find("h1").TextContent));
        page.WaitForElement(".row-reason");
        return Task.CompletedTask;
    }

    private static string Address(Screens screens) => new Uri(screens.Services.GetRequiredService<NavigationManager>().Uri).PathAndQuery;

    private async Task<string[]> KeysAsync(string sql) => (await database.Database.ScalarAsync<string[]>(sql, TestContext.Current.CancellationToken))!;
}
