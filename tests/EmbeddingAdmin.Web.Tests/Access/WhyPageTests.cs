using Bunit;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Web.Access;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class WhyPageTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private const string Plant =
        """
        create function keep_old() returns trigger language plpgsql as $$ begin new.embedding := old.embedding; return new; end $$;
        create trigger keep_old before update of embedding on stories for each row execute function keep_old()
        """;

    private const string Weed = "drop function if exists keep_old() cascade";

    [Fact]
    public async Task Somebody_whom_row_level_security_filters_gets_the_sentence_the_answers_and_what_helps()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, AccessAddress.Why("stories", Identity.Find("anon-sql")));

        Assert.Equal(ErrorCodes.RowSecurity, page.WaitForElement(".why-sentence code").TextContent);
        Assert.Equal(["Yes", "Silently no", "Silently no"], Badges(page.Find(".why-answer .measured")));
        Assert.Contains("anon, by SQL", page.Find(".why-subject").TextContent, StringComparison.Ordinal);
        Assert.Equal("The cause", page.Find("[data-suspect=RowSecurity] .why-mark").TextContent);
        Assert.True(page.Find("[data-suspect=RowSecurity] details").HasAttribute("open"));
        Assert.Equal("Recommended", page.Find(".cure-first").LastChild!.TextContent.Trim());
        Assert.Empty(page.FindAll(".before-after, .why-works"));
        Assert.Equal("/access?table=stories", page.Find(".crumb a").GetAttribute("href"));
    }

    [Fact]
    public async Task What_was_mended_is_seen_beside_what_it_was_and_the_run_is_one_click_away()
    {
        await database.ExecuteAsync(Plant);
        try
        {
            await using var screens = await Screens.OpenAsync(database);
            var page = Open(screens, AccessAddress.Why("stories", run: 42));
            Assert.Equal(ErrorCodes.WriteSwallowed, page.WaitForElement(".why-sentence code").TextContent);
            Assert.Equal("/runs/42", page.FindAll(".crumb a")[1].GetAttribute("href"));

            await Button(page, "Probe again").ClickAsync(new());
            page.WaitForElement(".before-after");
            Assert.Empty(page.FindAll(".why-works"));

            await database.ExecuteAsync(Weed);
            await Button(page, "Probe again").ClickAsync(new());

            page.WaitForElement(".why-works");
            Assert.StartsWith("It works now.", page.Find(".why-works > span:last-child").TextContent.Trim(), StringComparison.Ordinal);
            Assert.Equal("/runs/42", page.Find(".why-works a").GetAttribute("href"));
            var (before, after) = (page.Find("[aria-label=Before]"), page.Find("[aria-label=After]"));
            Assert.Equal(["Yes", "Yes", "Silently no"], Badges(before));
            Assert.Equal(["Yes", "Yes", "Yes"], Badges(after));
            Assert.Contains(ErrorCodes.WriteSwallowed, before.TextContent, StringComparison.Ordinal);
            Assert.NotEqual(before.QuerySelector("time")!.GetAttribute("datetime"), after.QuerySelector("time")!.GetAttribute("datetime"));
            Assert.Empty(page.FindAll(".cures"));

            await Button(page, "Probe again").ClickAsync(new());
            page.WaitForAssertion(() => Assert.Contains(ErrorCodes.WriteSwallowed, page.Find("[aria-label=Before]").TextContent, StringComparison.Ordinal));
        }
        finally
        {
            await database.ExecuteAsync(Weed);
        }
    }

    [Fact]
    public async Task Another_row_or_somebody_else_is_asked_about_by_the_form()
    {
        var key = (await database.Database.ScalarAsync<string>("select id::text from stories order by id offset 5 limit 1", TestContext.Current.CancellationToken))!;
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens, AccessAddress.Why("stories", run: 42));
        page.WaitForElement(".why-sentence");
        Assert.Equal("connection-sql", page.Find("select").GetAttribute("value"));
        Assert.Single(page.FindAll(".access-form input"));

        await page.Find("select").ChangeAsync(new() { Value = "owner-sql" });
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".access-form input").Count));
        await page.FindAll(".access-form input")[0].ChangeAsync(new() { Value = key });
        await page.FindAll(".access-form input")[1].ChangeAsync(new() { Value = "7" });
        await page.Find(".access-form").SubmitAsync();

        Assert.EndsWith($"/access/why/stories?who=owner-sql&key={key}&as=7&run=42", screens.Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains($"row {key}: authenticated, as the row's owner", page.Find(".why-subject").TextContent, StringComparison.Ordinal));
        page.WaitForElement(".why-sentence");
        Assert.Empty(page.FindAll(".before-after"));
    }

    [Fact]
    public async Task A_database_that_is_away_is_said_and_the_question_can_be_asked_again()
    {
        await using var relay = new Relay(database.Database.ConnectionString);
        await using var screens = await Screens.OpenAsync(database, _ => new(relay.ConnectionString));
        var page = Open(screens, AccessAddress.Why("stories"));
        page.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseUnreachable, page.Find(".why-answer").TextContent, StringComparison.Ordinal));
        Assert.Empty(page.FindAll(".skeleton"));

        relay.Open();
        await Button(page, "Probe again").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Equal(["Yes", "Yes", "Yes"], Badges(page.Find(".why-answer .measured"))));
    }

    [Fact]
    public async Task A_table_or_an_identity_that_does_not_exist_breaks_nothing()
    {
        await using var screens = await Screens.OpenAsync(database);
        Assert.Equal("There is no table nowhere", Open(screens, AccessAddress.Why("nowhere")).WaitForElement(".empty-state h2").TextContent);

        var page = Open(screens, "/access/why/stories?who=nobody");
        page.WaitForElement(".why-sentence");
        Assert.Contains("This dashboard", page.Find(".why-subject").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_step_has_its_mark_in_words_and_opens_to_what_it_rests_on()
    {
        using var bare = new BunitContext();
        var list = bare.Render<StepList>(p => p.Add(s => s.Steps,
        [
            new(Suspect.Database, Found.Clear, "It answers.", []),
            new(Suspect.RowSecurity, Found.Cause, "It lets nothing through.", ["own_rows for update using (\u202Efalse): rejects this row"]),
            new(Suspect.Triggers, Found.Note, "One is there.", ["touch before update"]),
            new(Suspect.Row, Found.NotLooked, "The cause was found.", []),
        ]));

        Assert.Equal(["Clear", "The cause", "Worth knowing", "Not looked at"], list.FindAll(".why-mark").Select(mark => mark.TextContent));
        Assert.Equal([true, false], list.FindAll("details").Select(details => details.HasAttribute("open")));
        Assert.Equal("own_rows for update using (U+202Efalse): rejects this row", list.Find("details li").TextContent);
        Assert.All(Enum.GetValues<Suspect>(), suspect => Assert.NotEmpty(DiagnosisLook.Title(suspect)));
    }

    [Fact]
    public void A_cure_is_shown_to_be_copied_and_one_without_SQL_offers_none()
    {
        using var bare = new BunitContext();
        bare.JSInterop.Mode = JSRuntimeMode.Loose;
        var list = bare.Render<CureList>(p => p.Add(c => c.Cures, [new("Write with the service key.", ""), new("Add a policy.", "create policy p on stories;")]));
        Assert.Equal(["Write with the service key.", "Add a policy."], list.FindAll(".cure > p:not(.cure-first)").Select(cure => cure.TextContent));
        Assert.Equal(("create policy p on stories;", "cure-1"), (list.Find("pre").TextContent, list.Find("button").GetAttribute("data-copy")));
        Assert.Contains("this program never runs it", list.Markup, StringComparison.Ordinal);
        Assert.Contains("Recommended", list.FindAll(".cure")[0].TextContent, StringComparison.Ordinal);

        list.Render(p => p.Add(c => c.Cures, [new("Wait.", "")]));
        Assert.DoesNotContain("never runs", list.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("Recommended", list.Markup, StringComparison.Ordinal);
        list.Render(p => p.Add(c => c.Cures, []));
        Assert.Empty(list.FindAll("section"));
    }

    [Fact]
    public void Only_what_was_broken_is_said_to_work_now()
    {
        using var bare = new BunitContext();
        var answer = bare.Render<WhyAnswer>(p => p.Add(a => a.Diagnosis, AccessSample.Diagnosis(AccessAnswer.Yes, "A write happens.")));
        Assert.Empty(answer.FindAll(".why-works"));
        Assert.Empty(answer.FindAll("code"));
        answer.Render(p => p.Add(a => a.WasBroken, true));
        Assert.Empty(answer.Find(".why-works").QuerySelectorAll("a"));
        answer.Render(p => p.Add(a => a.Diagnosis, AccessSample.Diagnosis(AccessAnswer.SilentlyNo, "A trigger keeps it.")));
        Assert.Empty(answer.FindAll(".why-works"));
    }

    private static IRenderedComponent<WhyPage> Open(Screens screens, string address)
    {
        var navigation = screens.Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo(address);
        return screens.Render<WhyPage>(p => p.Add(page => page.Table, new Uri(navigation.Uri).Segments[^1]));
    }

    private static AngleSharp.Dom.IElement Button(IRenderedComponent<WhyPage> page, string text) =>
        page.FindAll("button").Single(button => button.TextContent.EndsWith(text, StringComparison.Ordinal));

    private static IEnumerable<string> Badges(AngleSharp.Dom.IElement part) => part.QuerySelectorAll(".status-badge").Select(badge => badge.LastChild!.TextContent);
}
