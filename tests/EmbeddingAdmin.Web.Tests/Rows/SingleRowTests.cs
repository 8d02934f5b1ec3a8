using Bunit;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Rows;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class SingleRowTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private const string Odd = "<img src=x onerror=alert(1)> <|endoftext|> javascript:alert(1) \u202Eevil\u0007";

    [Fact]
    public async Task A_rows_text_is_shown_as_text_and_hides_nothing()
    {
        var key = await KeyAsync("stories", 3);
        await using (var write = database.Database.DataSource.CreateCommand("update stories set title = $1 where id = $2::uuid"))
        {
            write.Parameters.Add(new() { Value = Odd });
            write.Parameters.Add(new() { Value = key });
            await write.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, "stories", key);
        Assert.StartsWith("<img src=x onerror=alert(1)> <|endoftext|> javascript:alert(1) U+202EevilU+0007", page.WaitForElement(".row-text").TextContent, StringComparison.Ordinal);
        Assert.Equal(["U+202E", "U+0007"], page.FindAll(".row-text mark").Select(mark => mark.TextContent));
        Assert.Empty(page.FindAll("img, script, a[href^=javascript]"));

        var list = screens.Render<RowsPage>(p => p.Add(rows => rows.Table, "stories"));
        Assert.Contains("U+202Eevil", list.WaitForElement(".row-list").TextContent, StringComparison.Ordinal);
        Assert.Empty(list.FindAll("img, script"));
    }

    [Fact]
    public async Task A_row_is_embedded_shown_written_and_read_again()
    {
        var key = await KeyAsync("profiles", 1);
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, "profiles", key);
        page.WaitForAssertion(() => Assert.Contains("missing", page.Find(".row-reason").TextContent, StringComparison.Ordinal));
        Assert.Contains("The row has none.", page.Markup, StringComparison.Ordinal);

        await Click(page, "Embed this row again");
        page.WaitForAssertion(() => Assert.Contains("no vector yet", page.Find(".embed-again").TextContent, StringComparison.Ordinal));
        Assert.Contains("Not written yet.", page.Find(".embed-again").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("profiles where preference_embedding is not null"));
        Assert.Equal(0, await database.CountAsync("embedding_admin.run where target = 'profiles'"));

        await Click(page, "Write it");
        page.WaitForAssertion(() => Assert.Contains("The one text has its vector, read back after the commit.", page.Find(".written-note").TextContent, StringComparison.Ordinal));
        Assert.Contains("Verified", page.Find(".written-note").TextContent, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains("up to date", page.Find(".row-reason").TextContent, StringComparison.Ordinal));
        Assert.NotNull(page.Find(".sparkline path").GetAttribute("d"));
        Assert.Equal(page.Find(".written-note a").GetAttribute("href"), page.Find("[aria-labelledby=stamp-title] a").GetAttribute("href"));
        Assert.Equal(1, await database.CountAsync("profiles where preference_embedding is not null"));
        Assert.Equal(1, await database.CountAsync("embedding_admin.run where target = 'profiles' and actor = 'Ada' and verdict = 'verified' and plan -> 'keys' is not null"));
    }

    [Fact]
    public async Task A_text_that_was_edited_after_the_look_is_said_and_nothing_is_written()
    {
        var key = await KeyAsync("stories", 5);
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, "stories", key);
        page.WaitForElement(".embed-again");
        await Click(page, "Embed this row again");
        page.WaitForElement(".embed-again .facts");
        await database.ExecuteAsync($"update stories set title = 'edited behind the look' where id = '{key}'");

        await Click(page, "Write it");

        page.WaitForAssertion(() => Assert.Contains("The text was edited after its vector was shown. Nothing was written.", page.Find(".written-note").TextContent, StringComparison.Ordinal));
        page.WaitForAssertion(() => Assert.Contains("edited behind the look", page.Find(".row-text").TextContent, StringComparison.Ordinal));
        Assert.Equal(0, await database.CountAsync($"stories where id = '{key}' and embedding is not null"));
    }

    [Fact]
    public async Task A_column_that_another_run_holds_is_said_with_a_link_to_the_run()
    {
        await using var screens = await Screens.OpenAsync(database);
        var control = screens.Services.GetRequiredService<RunControl>();
        var holder = await control.StartAsync(new(RunKind.Backfill, "stories"), new Actor("Ada", "dashboard"), TestContext.Current.CancellationToken);
        var page = Open(screens, "stories", await KeyAsync("stories", 7));
        page.WaitForElement(".embed-again");
        await Click(page, "Embed this row again");
        page.WaitForElement(".embed-again .facts");

        await Click(page, "Write it");

        page.WaitForAssertion(() => Assert.Contains(ErrorCodes.ColumnHeld, page.Find(".embed-again .error-card").TextContent, StringComparison.Ordinal));
        Assert.NotNull(page.Find($".embed-again a[href='/runs/{holder.Id}']"));
        await control.AskAsync(holder.Id, RunAction.Cancel, null, new Actor("Ada", "dashboard"), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("malformed")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("..")]
    public async Task A_key_that_no_row_has_is_no_such_row(string key)
    {
        await using var screens = await Screens.OpenAsync(database);
        Assert.Equal("No such row", Open(screens, "stories", key).WaitForElement(".empty-state h2").TextContent);
        Assert.Equal("There is no table nowhere", Open(screens, "nowhere", key).WaitForElement(".empty-state h2").TextContent);
    }

    [Fact]
    public async Task A_private_text_is_not_on_the_page_before_somebody_asked_and_neither_are_its_neighbours()
    {
        await database.ExecuteAsync(
            """
            update stories set content = 'PLANTED ' || id, embedding = array_fill(0.1, array[1536])::extensions.vector where id in (select id from stories where content <> '' order by id offset 100 limit 3)
            """);
        var key = (await database.Database.ScalarAsync<string>("select id::text from stories where content like 'PLANTED%' limit 1", TestContext.Current.CancellationToken))!;
        await using var screens = await Screens.OpenAsync(database, null, null, null, ("Tables:0:Private", "true"));
        var page = Open(screens, "stories", key);
        page.WaitForElement(".nearest");
        Assert.DoesNotContain("PLANTED", page.Markup, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("embedding_admin.event where kind = 'text.shown'"));

        await page.FindAll(".private-note button")[0].ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains($"PLANTED {key}", page.Find(".row-text").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain("PLANTED", page.Find(".nearest").TextContent, StringComparison.Ordinal);
        await page.Find(".private-note button").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".nearest-text").Count(text => text.TextContent.Contains("PLANTED", StringComparison.Ordinal))));
        Assert.Equal(1, await database.CountAsync($"embedding_admin.event where kind = 'text.shown' and actor = 'Ada' and details ->> 'sentence' = 'Looked at the text of row {key} of stories.'"));
        Assert.Equal(2, await database.CountAsync("embedding_admin.event where kind = 'text.shown'"));
    }

    [Fact]
    public async Task A_hosted_projects_row_has_a_link_to_its_table_editor()
    {
        var key = await KeyAsync("stories", 9);
        await using var local = await Screens.OpenAsync(database);
        var page = Open(local, "stories", key);
        page.WaitForElement(".row-reason");
        Assert.Empty(page.FindAll(".row-actions a:not(.why-link)"));

        await using var hosted = await Screens.OpenAsync(database, null, null, null, ("Supabase:Url", "https://abcdefghijklmnopqrst.supabase.co"));
        page = Open(hosted, "stories", key);
        page.WaitForElement(".row-actions a:not(.why-link)");
        var oid = await database.Database.ScalarAsync<uint>("select 'public.stories'::regclass::oid", TestContext.Current.CancellationToken);
        Assert.Equal($"https://supabase.com/dashboard/project/abcdefghijklmnopqrst/editor/{oid}?schema=public&filter=id%3Aeq%3A{key}", page.Find(".row-actions a:not(.why-link)").GetAttribute("href"));
    }

    private static IRenderedComponent<SingleRow> Open(Screens screens, string table, string key)
    {
        screens.Services.GetRequiredService<NavigationManager>().NavigateTo(RowAddress.Of(table, key));
        return screens.Render<SingleRow>(p => p.Add(page => page.Table, table));
    }

    private async Task<string> KeyAsync(string table, int offset) =>
        (await database.Database.ScalarAsync<string>($"select id::text from {table} where {(table == "stories" ? "content" : "bio")} <> '' order by id offset {offset} limit 1", TestContext.Current.CancellationToken))!;

    private static Task Click(IRenderedComponent<SingleRow> page, string button) =>
        page.FindAll(".embed-again button").Single(b => b.TextContent.EndsWith(button, StringComparison.Ordinal)).ClickAsync(new());
}
