using AngleSharp.Dom;
using Bunit;
using EmbeddingAdmin.Web.Rows;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class RowsPageTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task Fifty_rows_stand_in_the_keys_order_and_the_links_lead_on_and_back()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, "/tables/stories/rows", "stories");
        page.WaitForElement(".row-list");
        var ordered = await database.Database.ScalarAsync<string[]>("select array_agg(id::text order by id) from (select id from stories order by id limit 120) s", Xunit.TestContext.Current.CancellationToken);
        Assert.Equal(ordered!.Take(50), Keys(page));
        Assert.Equal(RowAddress.Of("stories", ordered![0]), page.Find(".row-list tbody a").GetAttribute("href"));
        Assert.Equal(["Next"], page.Find(".pager").Children.Select(link => link.TextContent));

        Follow(screens, page.Find(".pager a"));
        page.WaitForAssertion(() => Assert.Equal(ordered!.Skip(50).Take(50), Keys(page)));
        Assert.Equal(["First", "Previous", "Next"], page.Find(".pager").Children.Select(link => link.TextContent));

        Follow(screens, page.FindAll(".pager a")[1]);
        page.WaitForAssertion(() => Assert.Equal(ordered!.Take(50), Keys(page)));
    }

    [Fact]
    public async Task A_state_in_the_address_lists_its_rows_and_its_link_says_that_it_is_the_current_one()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, "/tables/profiles/rows?state=emptySource", "profiles");
        page.WaitForAssertion(() => Assert.Equal(25, Keys(page).Count));
        Assert.Equal("nothing to embed", page.Find(".state-links [aria-current=true]").TextContent);
        Assert.All(page.FindAll(".state-chip"), chip => Assert.Equal("nothing to embed", chip.TextContent));
        Assert.Empty(page.FindAll(".pager"));

        Open(screens, "/tables/profiles/rows?state=unusable", "profiles").WaitForAssertion(() => Assert.NotNull(page));
        page = Open(screens, "/tables/profiles/rows?state=invalid", "profiles");
        Assert.Equal("No rows", page.WaitForElement(".empty-state h2").TextContent);
    }

    [Theory]
    [InlineData("no such key")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("<b>'; drop table profiles --")]
    public async Task A_key_that_no_row_has_is_no_such_row(string key)
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, "/tables/profiles/rows", "profiles");
        await page.Find("#row-key").ChangeAsync(new() { Value = key });
        await page.Find("form[role=search]").SubmitAsync();
        Assert.Equal("No such row", page.WaitForElement(".empty-state h2").TextContent);
        Assert.Contains(key, page.Find(".empty-state").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("b"));
    }

    [Fact]
    public async Task A_table_that_is_not_configured_is_said_so()
    {
        await using var screens = await Screens.OpenAsync(database);
        Assert.Equal("There is no table nowhere", Open(screens, "/tables/nowhere/rows", "nowhere").WaitForElement(".empty-state h2").TextContent);
    }

    [Fact]
    public async Task The_texts_of_a_private_table_are_not_on_the_page_before_somebody_asked_and_each_look_is_recorded()
    {
        await database.ExecuteAsync("delete from profiles where bio = 'planted'; update profiles set bio = 'PLANTED ' || id where id in (select id from profiles order by id limit 60)");
        await using var screens = await Screens.OpenAsync(database, null, null, null, ("Tables:1:Private", "true"));
        var page = Open(screens, "/tables/profiles/rows", "profiles");
        page.WaitForElement(".row-list");
        Assert.DoesNotContain("PLANTED", page.Markup, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("embedding_admin.event where kind = 'text.shown'"));

        await page.Find(".private-note button").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Equal(50, page.FindAll(".row-start").Count(cell => cell.TextContent.Contains("PLANTED", StringComparison.Ordinal))));
        Assert.Equal(1, await database.CountAsync("embedding_admin.event where kind = 'text.shown' and actor = 'Ada' and details ->> 'sentence' like 'Looked at the beginnings of the texts of 50 rows, % of profiles.'"));
        Assert.Equal(0, await database.CountAsync("embedding_admin.event where details::text like '%PLANTED%'"));
    }

    private static IRenderedComponent<RowsPage> Open(Screens screens, string address, string table)
    {
        screens.Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return screens.Render<RowsPage>(p => p.Add(page => page.Table, table));
    }

    private static void Follow(Screens screens, IElement link) => screens.Services.GetRequiredService<NavigationManager>().NavigateTo(link.GetAttribute("href")!);

    private static IReadOnlyList<string> Keys(IRenderedComponent<RowsPage> page) => [.. page.FindAll(".row-list tbody a").Select(link => link.TextContent)];
}
