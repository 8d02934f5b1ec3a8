using Bunit;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Coverage;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class StartPanelTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task It_says_what_would_happen_before_anything_does()
    {
        await database.ExecuteAsync("update stories set title = E'<b>bold</b> and \\u202E turned' where id = (select id from stories where content <> '' order by id limit 1)");
        await using var screens = await Screens.OpenAsync(database);
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
        panel.WaitForElement(".facts");

        foreach (var part in (string[])["4,960 with text, 40 with nothing to embed", "feature-hashing-1, 1,536 dimensions", "in this process", "no text is sent to a provider", "free, made in this process", "13 s to 19 s", "not for search in production"])
            Assert.Contains(part, panel.Find(".start-preview").TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(panel.Find("pre.sample").TextContent);
        Assert.Equal(0, await database.CountAsync("embedding_admin.run where target = 'stories'"));
    }

    [Fact]
    public async Task A_rows_text_is_shown_as_text_and_hides_nothing()
    {
        await using var screens = await Screens.OpenAsync(database);
        var preview = await screens.Services.GetService<EmbeddingAdmin.Runs.RunControl>()!.PreviewAsync(new(EmbeddingAdmin.Runs.RunKind.Backfill, "stories"), TestContext.Current.CancellationToken);
        var facts = screens.Render<PreviewFacts>(p => p.Add(f => f.Preview, preview with { SampleText = "<img src=x onerror=alert(1)>\u202Eevil" }));
        Assert.Empty(facts.FindAll("img"));
        Assert.Equal("<img src=x onerror=alert(1)>U+202Eevil", facts.Find("pre.sample").TextContent);
        Assert.Equal("U+202E", facts.Find("pre.sample mark").TextContent);
    }

    [Fact]
    public async Task It_says_where_text_goes_and_what_that_costs()
    {
        await using var screens = await Screens.OpenAsync(database);
        var preview = await screens.Services.GetService<EmbeddingAdmin.Runs.RunControl>()!.PreviewAsync(new(EmbeddingAdmin.Runs.RunKind.Backfill, "stories"), TestContext.Current.CancellationToken);
        var plan = preview.Plan with { Provider = "openai", Host = "api.openai.com", Model = "text-embedding-3-small", Price = new("api.openai.com", "text-embedding-3-small", 0.02m, "USD", new(2026, 4, 29)) };
        var facts = screens.Render<PreviewFacts>(p => p.Add(f => f.Preview, preview with { Plan = plan, Tokens = new(4_000_000, new(2300, 10_000, [3, 7])) }));
        foreach (var part in (string[])["api.openai.com", "about 920,000", "0.23 tokens per byte, from the usage of runs 3 and 7", "about $0.0166 to $0.0202", "at the price of 2026-04-29"])
            Assert.Contains(part, facts.Find(".facts").TextContent, StringComparison.Ordinal);

        facts.Render(p => p.Add(f => f.Preview, preview with { Plan = plan with { Price = null } }));
        Assert.Contains("unpriced", facts.Find(".facts").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Twenty_clicks_start_one_run()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "profiles"));
        panel.WaitForElement(".facts");
        var start = panel.FindAll(".panel-buttons button")[1];

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => start.ClickAsync(new())));

        Assert.Equal(1, await database.CountAsync("embedding_admin.run where target = 'profiles'"));
        Assert.Equal(1, await database.CountAsync("embedding_admin.event where actor = 'Ada' and details ->> 'via' = 'dashboard' and kind = 'run.enqueued'"));
        Assert.Equal(0, await database.CountAsync("embedding_admin.event where kind = 'run.start.refused'"));
        await database.ExecuteAsync("update embedding_admin.run set status = 'cancelled'");
    }

    [Fact]
    public async Task A_role_that_row_level_security_filters_is_refused_with_code_table_and_both_cures()
    {
        await database.ExecuteAsync("""
            do $$ begin if not exists (select from pg_roles where rolname = 'filtered') then create role filtered login password 'filtered'; end if; end $$;
            grant usage on schema public, extensions, embedding_admin to filtered;
            grant all on all tables in schema public, embedding_admin to filtered;
            grant all on all sequences in schema embedding_admin to filtered
            """);
        await using var screens = await Screens.OpenAsync(database, connection =>
        {
            (connection.Username, connection.Password) = ("filtered", "filtered");
            return connection;
        });
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
        panel.WaitForElement(".error-card");

        var said = panel.Find(".error-card").TextContent;
        foreach (var part in (string[])[ErrorCodes.RowSecurity, "public.stories", "bypass row-level security", "An UPDATE policy is no way out", "no text was sent"])
            Assert.Contains(part, said, StringComparison.Ordinal);
        Assert.True(panel.FindAll(".panel-buttons button")[1].HasAttribute("disabled"));
    }

    [Fact]
    public async Task A_session_that_has_ended_starts_nothing()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
        panel.WaitForElement(".facts");
        await database.ExecuteAsync("update embedding_admin.session set ended_at = now()");

        await panel.FindAll(".panel-buttons button")[1].ClickAsync(new());

        Assert.Contains(ErrorCodes.SessionEnded, panel.Find(".error-card").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("embedding_admin.run where target = 'stories'"));
    }
}
