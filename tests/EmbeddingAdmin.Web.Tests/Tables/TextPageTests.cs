using Bunit;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Tables;
using EmbeddingAdmin.Web.Tests.SignIn;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Radzen;
using Radzen.Blazor;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Tables;

/// <summary>The page of a table's text; the two tables are those of the app, of which the settings name no recipe, one private and one not.</summary>
public sealed class TextPageTests(Postgres postgres) : IAsyncLifetime
{
    private const string Proposal = "{title}\n{content}\nGenre: {genre}\nTags: {tags}";

    private static readonly Dictionary<string, string?> Unnamed = new(StringComparer.Ordinal)
    {
        ["Tables:0:Name"] = "stories", ["Tables:0:Vector"] = "embedding", ["Tables:0:Private"] = "false",
        ["Tables:1:Name"] = "profiles", ["Tables:1:Vector"] = "preference_embedding",
    };

    private readonly ScreensDatabase _database = new(postgres);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_proposal_is_shown_on_twenty_rows_and_stored_when_it_is_confirmed()
    {
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        var page = Open(screens, "stories");

        page.WaitForAssertion(() => Assert.Equal(20, page.FindAll(".sample-rows > li").Count));
        Assert.Equal("Proposed recipe", page.Find("#recipe-title").TextContent);
        Assert.Equal(Proposal, page.Find("pre.recipe").TextContent);
        Assert.Contains("Nothing can be started before somebody has confirmed", page.Markup, StringComparison.Ordinal);
        Assert.Equal(0, await _database.CountAsync("embedding_admin.recipe"));

        await Button(page, "Confirm").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Equal("Recipe in force", page.Find("#recipe-title").TextContent));
        Assert.Contains("Version 1, confirmed by Ada", page.Markup, StringComparison.Ordinal);
        Assert.Equal("Version 1 is in force.", page.Find(".recipe-editor .said").TextContent);
        Assert.True(Button(page, "Confirm").HasAttribute("disabled"));
        Assert.Equal(1, await _database.CountAsync($"embedding_admin.recipe where template = E'{Proposal.Replace("\n", "\\n", StringComparison.Ordinal)}' and actor = 'Ada' and version = 1"));
        Assert.Equal(1, await _database.CountAsync("embedding_admin.event where actor = 'Ada' and kind = 'recipe.version'"));
    }

    [Fact]
    public async Task What_is_typed_is_judged_at_once_and_shown_on_rows_when_that_is_asked_for()
    {
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        var page = Open(screens, "stories");
        page.WaitForElement(".sample-rows");

        foreach (var (typed, says) in new[] { ("", "The recipe is empty"), ("{titel}", "Did you mean title?"), ("{title", "has a brace in line 1"), ("{embedding}", "gives no text"), ("title", "names no column in line 1") })
        {
            page.Find("textarea").Input(typed);
            // On a busy machine the page's own drawing may stand before ours.
            page.WaitForAssertion(() => Assert.Contains(says, page.Find("#recipe-verdict").TextContent, StringComparison.Ordinal));
            Assert.Equal("true", page.Find("textarea").GetAttribute("aria-invalid"));
            Assert.True(Button(page, "Confirm").HasAttribute("disabled"));
            Assert.True(Button(page, "Preview on twenty rows").HasAttribute("disabled"));
        }

        page.Find("textarea").Input("By {genre}");
        await page.InvokeAsync(() => page.FindAll(".chip").Single(chip => chip.TextContent.StartsWith("title ", StringComparison.Ordinal)).ClickAsync(new()));
        page.WaitForAssertion(() => Assert.Equal("By {genre}\n{title}", page.Find("textarea").GetAttribute("value")));
        Assert.DoesNotContain(page.FindAll(".chip"), chip => chip.TextContent.Contains("embedding", StringComparison.Ordinal));
        await Button(page, "Preview on twenty rows").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("What the changed recipe makes of the rows", page.Markup, StringComparison.Ordinal));
        page.WaitForAssertion(() => Assert.StartsWith("By ", page.Find(".sample-rows pre").TextContent, StringComparison.Ordinal));
        Assert.Equal(0, await _database.CountAsync("embedding_admin.recipe"));
    }

    [Fact]
    public async Task A_change_says_how_many_rows_it_puts_out_of_date_and_needs_a_second_look()
    {
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        await ConfirmAsync(screens, "{title}");
        await StampAsync(screens, 7);
        var page = Open(screens, "stories");
        page.WaitForElement(".sample-rows");
        var dialog = screens.Render<RadzenDialog>();
        page.Find("textarea").Input("{title}\n{content}");

        var click = Button(page, "Confirm").ClickAsync(new());
        dialog.WaitForAssertion(() => Assert.Contains("7 rows with a vector become \"from other settings\"", dialog.Markup, StringComparison.Ordinal));
        Assert.Equal(1, await _database.CountAsync("embedding_admin.recipe"));
        await dialog.InvokeAsync(() => screens.Services.GetRequiredService<DialogService>().Close(false));
        await click;
        Assert.Equal(1, await _database.CountAsync("embedding_admin.recipe"));

        click = Button(page, "Confirm").ClickAsync(new());
        dialog.WaitForAssertion(() => Assert.Contains("7 rows", dialog.Markup, StringComparison.Ordinal));
        await dialog.InvokeAsync(() => screens.Services.GetRequiredService<DialogService>().Close(true));
        await click;

        page.WaitForAssertion(() => Assert.StartsWith("Version 2 is in force. 7 rows with a vector become \"from other settings\"", page.Find(".recipe-editor .said").TextContent, StringComparison.Ordinal));
        Assert.Equal(["Version 2", "Version 1"], page.FindAll(".versions strong").Select(version => version.TextContent));
        Assert.Equal(2, await _database.CountAsync("embedding_admin.recipe"));
    }

    [Fact]
    public async Task Nothing_of_a_private_text_is_in_the_page_before_somebody_asked_and_asking_is_recorded()
    {
        await _database.ExecuteAsync("update profiles set bio = 'PLANTED ' || id");
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        var page = Open(screens, "profiles");
        page.WaitForAssertion(() => Assert.Equal(20, page.FindAll(".sample-rows > li").Count));

        Assert.DoesNotContain("PLANTED", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".sample-rows pre"));
        Assert.Equal(0, await _database.CountAsync("embedding_admin.event where kind = 'text.shown'"));
        await Button(page, "Show").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("PLANTED", page.Find(".sample-rows pre").TextContent, StringComparison.Ordinal));
        Assert.Equal(1, await _database.CountAsync("embedding_admin.event where kind = 'text.shown' and actor = 'Ada' and details ->> 'sentence' = 'Looked at what the text recipe makes of 20 rows of profiles.'"));
    }

    [Fact]
    public async Task Text_is_text_and_hides_nothing()
    {
        await _database.ExecuteAsync("create table odd_texts (id text primary key, body text, other text, embedding extensions.vector(3)); insert into odd_texts values (E'<b>\\u202E', E'<img src=x onerror=alert(1)>\\u202Eevil', null), ('blank', ' ', null)");
        await using var screens = await Screens.OpenAsync(_database, tables: new Dictionary<string, string?>(StringComparer.Ordinal) { ["Tables:0:Name"] = "odd", ["Tables:0:Table"] = "odd_texts", ["Tables:0:Vector"] = "embedding", ["Tables:0:Private"] = "false" });
        var page = Open(screens, "odd");
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".sample-rows > li").Count));

        Assert.Empty(page.FindAll("img"));
        Assert.Equal("<img src=x onerror=alert(1)>U+202Eevil", page.Find(".sample-rows pre").TextContent);
        Assert.Equal(["<b>U+202E", "blank"], page.FindAll(".sample-row-head code").Select(key => key.TextContent));
        Assert.Contains("nothing to embed", page.FindAll(".sample-rows > li")[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("Left out, because blank: Other: {other}", page.FindAll(".sample-rows > li")[0].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_of_the_settings_can_only_be_read()
    {
        await using var screens = await Screens.OpenAsync(_database);
        var page = Open(screens, "stories");
        page.WaitForElement(".sample-rows");

        Assert.Empty(page.FindAll("textarea, .recipe-editor"));
        Assert.Contains("The settings name this recipe", page.Markup, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => screens.Services.GetRequiredService<RecipeCommands>().ConfirmAsync(screens.Services.GetRequiredService<TableCatalog>().Tables[0], "{title}"));
        Assert.Contains("Nothing was confirmed", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await _database.CountAsync("embedding_admin.recipe"));
    }

    [Fact]
    public async Task A_session_that_has_ended_confirms_nothing()
    {
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        var page = Open(screens, "stories");
        page.WaitForElement(".sample-rows");
        await _database.ExecuteAsync("update embedding_admin.session set ended_at = now()");

        await Button(page, "Confirm").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains(ErrorCodes.SessionEnded, page.Find(".recipe-editor .error-card").TextContent, StringComparison.Ordinal));
        Assert.Equal(0, await _database.CountAsync("embedding_admin.recipe"));
    }

    [Fact]
    public async Task A_recipe_whose_column_went_can_be_mended()
    {
        await _database.ExecuteAsync("alter table stories add column passing text");
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        await ConfirmAsync(screens, "{title}\n{passing}");
        await _database.ExecuteAsync("alter table stories drop column passing");
        var card = screens.Render<RecipeNotice>(p => p.Add(notice => notice.Table, screens.Services.GetRequiredService<TableCatalog>().Tables[0]));
        card.WaitForAssertion(() => Assert.Contains("cannot be used", card.Markup, StringComparison.Ordinal));
        var page = Open(screens, "stories");
        page.WaitForElement(".error-card");

        Assert.Contains("names the column passing", page.Find(".error-card").TextContent, StringComparison.Ordinal);
        page.Find("textarea").Input("{title}");
        var dialog = screens.Render<RadzenDialog>();
        var click = Button(page, "Confirm").ClickAsync(new());
        dialog.WaitForAssertion(() => Assert.Contains("Change the text recipe of stories?", dialog.Markup, StringComparison.Ordinal));
        await dialog.InvokeAsync(() => screens.Services.GetRequiredService<DialogService>().Close(true));
        await click;

        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".error-card")));
        Assert.Equal(2, await _database.CountAsync("embedding_admin.recipe"));
    }

    [Fact]
    public async Task A_table_that_is_not_configured_and_one_that_is_not_there_are_said_to_be_so()
    {
        await using var screens = await Screens.OpenAsync(_database, tables: new Dictionary<string, string?>(StringComparer.Ordinal) { ["Tables:0:Name"] = "storie", ["Tables:0:Vector"] = "embedding" });

        Assert.Contains("The settings name no table nothing", Open(screens, "nothing").Markup, StringComparison.Ordinal);
        var gone = Open(screens, "storie");
        gone.WaitForAssertion(() => Assert.Contains("Did you mean public.stories?", gone.Find(".error-card").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_card_and_the_start_panel_lead_to_the_proposal_and_the_card_says_the_version_once_there_is_one()
    {
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        var stories = screens.Services.GetRequiredService<TableCatalog>().Tables[0];
        var notice = screens.Render<RecipeNotice>(p => p.Add(card => card.Table, stories));
        notice.WaitForAssertion(() => Assert.Contains("No text recipe is confirmed: nothing can be started.", notice.Markup, StringComparison.Ordinal));
        Assert.Equal("/tables/stories/text", notice.Find("a").GetAttribute("href"));
        var panel = screens.Render<StartPanel>(p => p.Add(start => start.Table, "stories"));
        panel.WaitForAssertion(() => Assert.Contains(ErrorCodes.RecipeUnconfirmed, panel.Find(".error-card").TextContent, StringComparison.Ordinal));
        Assert.Equal("/tables/stories/text", panel.Find(".start-preview a").GetAttribute("href"));

        await ConfirmAsync(screens, "{title}");

        var again = screens.Render<RecipeNotice>(p => p.Add(card => card.Table, stories));
        again.WaitForAssertion(() => Assert.Equal("Text recipe: version 1", again.Find("p").TextContent));
    }

    [Fact]
    public async Task The_sample_of_a_start_is_private_as_well()
    {
        await _database.ExecuteAsync("update profiles set bio = 'PLANTED ' || id");
        await using var screens = await Screens.OpenAsync(_database, tables: Unnamed);
        await ConfirmAsync(screens, "{bio}", table: 1);
        var panel = screens.Render<StartPanel>(p => p.Add(start => start.Table, "profiles"));
        panel.WaitForElement(".private-note");

        Assert.DoesNotContain("PLANTED", panel.Markup, StringComparison.Ordinal);
        await panel.Find(".private-note button").ClickAsync(new());

        panel.WaitForAssertion(() => Assert.StartsWith("PLANTED", panel.Find("pre.sample").TextContent, StringComparison.Ordinal));
    }

    private static IRenderedComponent<TextPage> Open(Screens screens, string table) => screens.Render<TextPage>(p => p.Add(page => page.Name, table));

    private static AngleSharp.Dom.IElement Button<T>(IRenderedComponent<T> page, string text)
        where T : IComponent => page.FindAll("button").Single(button => button.TextContent.Trim().EndsWith(text, StringComparison.Ordinal));

    private static async Task ConfirmAsync(Screens screens, string recipe, int table = 0) =>
        await screens.Services.GetRequiredService<RecipeCommands>().ConfirmAsync(screens.Services.GetRequiredService<TableCatalog>().Tables[table], recipe);

    /// <summary>Rows as a run leaves them that was made with the recipe in force.</summary>
    private async Task StampAsync(Screens screens, int rows)
    {
        var catalog = screens.Services.GetRequiredService<TableCatalog>();
        var target = await catalog.ResolveAsync(catalog.Tables[0], Cancel);
        await _database.ExecuteAsync(
            $"""
            with origin as (insert into embedding_admin.made_from (provider, host, model, dimensions, recipe) values ('local', 'here', 'm', 1536, '{target.Text.Recipe}') returning id),
                 run as (insert into embedding_admin.run (kind, target, vector_column, status, plan, actor) select 'verify', 'stories', c.id, 'cancelled', '{"{}"}', 'Ada' from embedding_admin.vector_column c where c.name = '{target.ColumnName}' returning id, vector_column),
                 chosen as (update stories set embedding = (select array_agg(1)::extensions.vector from generate_series(1, 1536)) where id in (select id from stories order by id limit {rows}) returning id)
            insert into embedding_admin.stamp (vector_column, row_key, made_from, text_hash, vector_hash, run, page)
            select run.vector_column, chosen.id::text, origin.id, sha256('x'), sha256('y'), run.id, 1 from chosen, origin, run
            """);
    }
}
