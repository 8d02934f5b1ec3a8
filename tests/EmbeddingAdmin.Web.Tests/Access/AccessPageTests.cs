using Bunit;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Access;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class AccessPageTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task Everybody_is_asked_the_three_questions_and_a_sentence_says_what_it_comes_to()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens);
        page.WaitForElement(".matrix");

        Assert.Equal(Identity.All.Select(who => who.Slug), page.FindAll(".matrix-row").Select(row => row.GetAttribute("data-who")));
        Assert.Equal(["This dashboard", "service_role", "authenticated", "anon"], page.FindAll(".matrix-group").Select(group => group.FirstChild!.TextContent));
        Assert.Equal(["Yes", "Yes", "Yes"], Answers(page, "connection-sql"));
        Assert.Equal(["Yes", "Silently no", "Silently no"], Answers(page, "anon-sql"));
        Assert.Equal(["Yes", "Silently no", "Silently no"], Answers(page, "owner-sql"));
        Assert.StartsWith("Measured, not assumed, as of ", page.Find(".access-form .as-of").TextContent, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Equal("This dashboard can write both tables; the anonymous key silently cannot, which is right.", page.Find(".access-verdict > span:last-child").TextContent));
        Assert.Equal(["stories can be written", "profiles can be written"], page.FindAll(".state-links a").Select(link => string.Join(' ', link.ChildNodes.Skip(1).Select(node => node.TextContent.Trim()))));
        Assert.Equal("stories", page.Find("[data-access]").GetAttribute("data-access"));
    }

    [Fact]
    public async Task The_address_says_which_table_is_shown()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, "profiles");
        page.WaitForElement("[data-access=profiles] .matrix");
        Assert.Equal("/access?table=profiles", page.Find(".state-links [aria-current]").GetAttribute("href"));

        Go(screens, "stories");
        page.WaitForElement("[data-access=stories] .matrix");
        Go(screens, "nowhere");
        page.WaitForAssertion(() => Assert.Equal("There is no table nowhere", page.Find(".empty-state h2").TextContent));
    }

    [Fact]
    public async Task An_answer_opens_to_what_it_rests_on_and_closes_again()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens);
        page.WaitForElement(".matrix");
        var cell = Cell(page, "anon-sql", 1);
        Assert.Equal("Silently no: May change the vector? anon, by SQL", cell.GetAttribute("aria-label"));
        Assert.Equal("false", cell.GetAttribute("aria-expanded"));

        await OpenAsync(page, "anon-sql", 1);

        var evidence = page.Find(".evidence").TextContent;
        foreach (var part in (string[])["update \"public\".\"stories\" set \"embedding\" = a test vector", "UPDATE 0, no error", "answered with success, and no row is changed", ErrorCodes.RowSecurity])
            Assert.Contains(part, evidence, StringComparison.Ordinal);
        Assert.Equal("/access/why/stories?who=anon-sql", page.Find(".evidence a").GetAttribute("href"));
        Assert.Equal(("true", page.Find(".matrix-evidence > td").Id), (Cell(page, "anon-sql", 1).GetAttribute("aria-expanded"), Cell(page, "anon-sql", 1).GetAttribute("aria-controls")));

        await OpenAsync(page, "anon-sql", 0);
        Assert.Contains("The role anon sees the row.", Assert.Single(page.FindAll(".evidence")).TextContent, StringComparison.Ordinal);

        await page.Find(".matrix").KeyDownAsync(new Microsoft.AspNetCore.Components.Web.KeyboardEventArgs { Key = "Escape" });
        Assert.Empty(page.FindAll(".evidence"));
        Assert.Contains(screens.JSInterop.Invocations, call => call.Identifier.Contains("focus", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_row_and_its_owner_are_tried_when_they_are_named()
    {
        var key = (await database.Database.ScalarAsync<string>("select id::text from stories order by id offset 17 limit 1", TestContext.Current.CancellationToken))!;
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens);
        page.WaitForElement(".matrix");
        await page.InvokeAsync(() => page.FindAll(".access-form input")[0].ChangeAsync(new() { Value = $" {key} " }));
        await page.InvokeAsync(() => page.FindAll(".access-form input")[1].ChangeAsync(new() { Value = "00000000-0000-0000-0000-00000000000a" }));

        await page.InvokeAsync(() => page.Find(".access-form").SubmitAsync());
        page.WaitForAssertion(() => Assert.Equal("false", page.Find(".matrix").GetAttribute("aria-busy")));

        // Nobody of that name owns the row, so that there is none to try it on as its owner.
        Assert.Equal(["Not measured", "Not measured", "Not measured"], Answers(page, "owner-sql"));
        await OpenAsync(page, "anon-sql", 0);
        Assert.Contains(key, page.Find(".evidence dd").TextContent, StringComparison.Ordinal);
        Assert.Equal($"/access/why/stories?who=anon-sql&key={key}&as=00000000-0000-0000-0000-00000000000a", page.Find(".evidence a").GetAttribute("href"));
    }

    [Fact]
    public async Task The_old_answers_stay_while_it_is_measured_again()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens);
        page.WaitForElement(".matrix");
        await using var holder = await database.Database.DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var held = await holder.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var lockIt = new Npgsql.NpgsqlCommand("lock table stories in access exclusive mode", holder, held))
            await lockIt.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var measuring = page.Find(".access-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Equal("true", page.Find(".matrix").GetAttribute("aria-busy")));
        Assert.Equal("Measuring …", page.Find(".access-form .as-of").TextContent);
        Assert.True(page.Find(".access-form button").HasAttribute("disabled"));
        Assert.Equal(["Yes", "Silently no", "Silently no"], Answers(page, "anon-sql"));

        await held.RollbackAsync(TestContext.Current.CancellationToken);
        await measuring;
        page.WaitForAssertion(() => Assert.Equal("false", page.Find(".matrix").GetAttribute("aria-busy")));
    }

    [Fact]
    public async Task A_table_that_cannot_be_used_says_so_and_the_other_is_measured_all_the_same()
    {
        await database.ExecuteAsync("alter table profiles rename to gone");
        try
        {
            await using var screens = await Screens.OpenAsync(database);
            var page = Open(screens, "profiles");
            page.WaitForAssertion(() => Assert.Contains(ErrorCodes.TableMissing, page.Find("[data-access=profiles] .error-card").TextContent, StringComparison.Ordinal));
            Assert.Equal("/access/why/profiles", page.Find(".access-card .why-link").GetAttribute("href"));
            Assert.Empty(page.FindAll(".access-card .skeleton"));
            page.WaitForAssertion(() => Assert.Equal("This dashboard can write stories; the anonymous key silently cannot, which is right. Not measured: profiles.", page.Find(".access-verdict > span:last-child").TextContent));
            Assert.Contains("cannot be measured", page.Find(".state-links").TextContent, StringComparison.Ordinal);
        }
        finally
        {
            await database.ExecuteAsync("alter table gone rename to profiles");
        }
    }

    [Fact]
    public async Task A_database_that_is_away_leaves_the_old_answers_under_the_fault()
    {
        await using var relay = new Relay(database.Database.ConnectionString);
        relay.Open();
        await using var screens = await Screens.OpenAsync(database, _ => new(relay.ConnectionString));
        var page = Open(screens);
        page.WaitForElement(".matrix");
        page.WaitForAssertion(() => Assert.DoesNotContain("Not measured", page.Find(".access-verdict").TextContent, StringComparison.Ordinal));
        relay.Close();

        await page.Find(".access-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseUnreachable, page.Find(".error-card").TextContent, StringComparison.Ordinal));
        Assert.Equal(["Yes", "Silently no", "Silently no"], Answers(page, "anon-sql"));
        // They are old: nothing is claimed any more.
        Assert.Contains("matrix-stale", page.Find(".matrix").ClassList);
        Assert.EndsWith("Not measured: stories.", page.Find(".access-verdict").TextContent, StringComparison.Ordinal);

        relay.Open();
        await page.Find(".access-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".error-card")));
    }

    [Fact]
    public async Task Nothing_is_there_before_it_was_measured_but_the_room_for_it()
    {
        await using var relay = new Relay(database.Database.ConnectionString);
        await using var screens = await Screens.OpenAsync(database, _ => new(relay.ConnectionString));
        var page = Open(screens);
        page.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseUnreachable, page.Find(".error-card").TextContent, StringComparison.Ordinal));
        Assert.Equal("Whether this dashboard can write both tables is not known.", page.Find(".access-verdict > span:last-child").TextContent);
        // A database that does not answer for one table is not asked for all of them.
        Assert.Contains("not measured yet", page.FindAll(".state-links a")[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_are_offered_for_only_where_they_would_fire_something()
    {
        (string, string)[] api = [("Supabase:Url", "http://127.0.0.1:1")];
        await using (var quiet = await Screens.OpenAsync(database, settings: api))
        {
            var without = Open(quiet);
            without.WaitForElement(".matrix");
            Assert.Empty(without.FindAll(".may-fire"));
        }

        await database.ExecuteAsync("create function noop() returns trigger language plpgsql as $$ begin return new; end $$; create trigger noop before update on stories for each row execute function noop(); create publication told for table stories");
        try
        {
            await using (var bare = await Screens.OpenAsync(database))
            {
                var without = Open(bare);
                without.WaitForElement(".matrix");
                Assert.Empty(without.FindAll(".may-fire"));
            }

            await using var screens = await Screens.OpenAsync(database, settings: api);
            var page = Open(screens);
            page.WaitForAssertion(() => Assert.Equal("Send the requests all the same: they change no value, and fire the trigger noop and are broadcast by told", page.Find(".may-fire label").TextContent.Trim()));
            Assert.False(page.Find(".may-fire input").HasAttribute("checked"));
            page.Find(".may-fire input").Change(true);
            page.WaitForAssertion(() => Assert.True(page.Find(".may-fire input").HasAttribute("checked")));
        }
        finally
        {
            await database.ExecuteAsync("drop publication told; drop trigger noop on stories; drop function noop()");
        }
    }

    [Fact]
    public async Task Without_a_table_it_says_how_to_name_one()
    {
        await using var screens = await Screens.OpenAsync(database);
        screens.Services.AddSingleton<IReadOnlyList<EmbeddingTable>>([]);
        Assert.Equal("No table is configured", Open(screens).Find(".empty-state h2").TextContent);
    }

    private static IRenderedComponent<AccessPage> Open(Screens screens, string? table = null)
    {
        if (table is not null)
            Go(screens, table);
        return screens.Render<AccessPage>();
    }

    private static void Go(Screens screens, string table) => screens.Services.GetRequiredService<NavigationManager>().NavigateTo(AccessAddress.Of(table));

    private static IEnumerable<string> Answers(IRenderedComponent<AccessPage> page, string who) =>
        page.FindAll($"[data-who={who}] .status-badge").Select(badge => badge.LastChild!.TextContent);

    // Other tables are being measured meanwhile: what was found before a render is not there after it. So here, and wherever one of several is found.
    private static Task OpenAsync(IRenderedComponent<AccessPage> page, string who, int question) => page.InvokeAsync(() => Cell(page, who, question).ClickAsync(new()));

    private static AngleSharp.Dom.IElement Cell(IRenderedComponent<AccessPage> page, string who, int question) => page.FindAll($"[data-who={who}] .matrix-cell")[question];
}
