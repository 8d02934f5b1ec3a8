using Bunit;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Rows;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

/// <summary>What else an update sets off stands in front of a start, and nothing starts before it was ticked.</summary>
public sealed class StartNeighboursTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>, IAsyncLifetime
{
    private const string Tick = ".neighbours .agree input";

    public async ValueTask InitializeAsync() => await database.ExecuteAsync(
        """
        create or replace function nothing() returns trigger language plpgsql as $$ begin return new; end $$;
        create or replace trigger noted after update on stories for each row execute function nothing();
        create or replace trigger noted after update on profiles for each row execute function nothing()
        """);

    public async ValueTask DisposeAsync() => await database.ExecuteAsync("drop trigger if exists another on stories; update embedding_admin.run set status = 'cancelled' where status = 'enqueued'");

    [Fact]
    public async Task The_start_stays_closed_until_somebody_has_ticked_what_it_sets_off()
    {
        await using var screens = await Screens.OpenAsync(database);
        var before = await Runs();
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
        panel.WaitForElement(".neighbours");

        Assert.Equal("What else an update sets off", panel.Find(".neighbours h3").TextContent);
        Assert.Equal("The trigger noted will fire 4,960 times, after each row: it calls public.nothing.", Assert.Single(panel.FindAll(".neighbours li[data-kind=Trigger]")).TextContent.Trim()[4..].Trim());
        Assert.Contains("I have seen this: start all the same", panel.Find(".agree").TextContent, StringComparison.Ordinal);
        Assert.True(Start(panel).HasAttribute("disabled"));
        await Start(panel).ClickAsync(new());
        Assert.Equal(before, await Runs());

        await panel.Find(Tick).ChangeAsync(new() { Value = true });
        Assert.False(Start(panel).HasAttribute("disabled"));
        await panel.Find(Tick).ChangeAsync(new() { Value = false });
        Assert.True(Start(panel).HasAttribute("disabled"));
        await panel.Find(Tick).ChangeAsync(new() { Value = true });
        // Other rows are another number of firings: what was ticked was not this.
        await panel.FindAll("input[name=scope]")[1].ChangeAsync(new());
        panel.WaitForElement(".neighbours");
        Assert.True(Start(panel).HasAttribute("disabled"));

        await panel.Find(Tick).ChangeAsync(new() { Value = true });
        await Start(panel).ClickAsync(new());
        Assert.Equal(before + 1, await Runs());
        Assert.Equal(1, await database.CountAsync("embedding_admin.event where kind = 'preflight.confirmed' and details ->> 'sentence' like 'Shown and confirmed were 5,000 rows, no tokens and no cost%' and run = (select max(id) from embedding_admin.run)"));
    }

    [Fact]
    public async Task A_list_that_changed_meanwhile_is_shown_again_and_ticked_again()
    {
        await using var screens = await Screens.OpenAsync(database);
        var before = await Runs();
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
        panel.WaitForElement(".neighbours");
        await panel.Find(Tick).ChangeAsync(new() { Value = true });
        await database.ExecuteAsync("create trigger another before update on stories for each row execute function nothing()");

        await Start(panel).ClickAsync(new());

        panel.WaitForElement(".error-card");
        Assert.Contains(ErrorCodes.NeighboursNotAccepted, panel.Find(".error-card").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, panel.FindAll(".neighbours li").Count);
        Assert.True(Start(panel).HasAttribute("disabled"));
        Assert.Equal(before, await Runs());

        await panel.Find(Tick).ChangeAsync(new() { Value = true });
        await Start(panel).ClickAsync(new());
        Assert.Equal(before + 1, await Runs());
    }

    [Fact]
    public async Task A_single_row_is_written_only_after_the_tick_and_fires_once()
    {
        await using var screens = await Screens.OpenAsync(database);
        var key = (await database.Database.ScalarAsync<string>("select id::text from profiles where bio <> '' order by id limit 1", TestContext.Current.CancellationToken))!;
        screens.Services.GetRequiredService<NavigationManager>().NavigateTo(RowAddress.Of("profiles", key));
        var page = screens.Render<SingleRow>(p => p.Add(row => row.Table, "profiles"));
        page.WaitForElement(".embed-again button");
        await Button(page, "Embed this row again").ClickAsync(new());
        page.WaitForElement(".embed-again .neighbours");

        Assert.Contains("The trigger noted will fire once, after each row", page.Find(".neighbours li").TextContent, StringComparison.Ordinal);
        Assert.Contains("I have seen this: write it all the same", page.Find(".agree").TextContent, StringComparison.Ordinal);
        Assert.True(Button(page, "Write it").HasAttribute("disabled"));
        await page.Find(Tick).ChangeAsync(new() { Value = true });
        await Button(page, "Write it").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("The one text has its vector", page.Find(".written-note").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_stands_there_where_an_update_sets_off_nothing()
    {
        await database.ExecuteAsync("drop trigger noted on stories");
        await using var screens = await Screens.OpenAsync(database);
        var panel = screens.Render<StartPanel>(p => p.Add(s => s.Table, "stories"));
        panel.WaitForElement(".facts");

        Assert.Empty(panel.FindAll(".neighbours"));
        Assert.False(Start(panel).HasAttribute("disabled"));
    }

    [Fact]
    public async Task The_advice_on_an_index_has_both_statements_to_copy_and_they_are_open_only_where_they_help()
    {
        await using var screens = await Screens.OpenAsync(database);
        var preview = await screens.Services.GetRequiredService<RunControl>().PreviewAsync(new(RunKind.Backfill, "stories"), TestContext.Current.CancellationToken);
        IndexFacts[] indexes = [new("stories_hnsw", "hnsw", 1, "CREATE INDEX stories_hnsw ON <b>")];
        var slow = IndexAdvice.Of(indexes, new(100, 10_000, Sample.Now), new(1000, "run 7"), 1_000_000, 1_000_000);
        var shown = screens.Render<StartNeighbours>(p => p.Add(s => s.Neighbours, preview.Neighbours).Add(s => s.Indexes, slow));

        Assert.Contains("Dropping it first would save about 49 minutes", shown.Find(".note-warning").TextContent, StringComparison.Ordinal);
        Assert.True(shown.Find("details").HasAttribute("open"));
        Assert.Equal(["drop index stories_hnsw;", "CREATE INDEX stories_hnsw ON <b>;"], shown.FindAll(".copy-text pre").Select(text => text.TextContent));
        Assert.Equal(shown.FindAll(".copy-text pre").Select(text => text.Id), shown.FindAll("[data-copy]").Select(button => button.GetAttribute("data-copy")));

        shown.Render(p => p.Add(s => s.Indexes, IndexAdvice.Of(indexes, new(100, 10_000, Sample.Now), new(90, "run 7"), 1_000_000, 1_000_000)));
        Assert.Contains("The provider is the bottleneck, leave it", shown.Find(".note").TextContent, StringComparison.Ordinal);
        Assert.False(shown.Find("details").HasAttribute("open"));
    }

    private static AngleSharp.Dom.IElement Start(IRenderedComponent<StartPanel> panel) => panel.FindAll(".panel-buttons button")[1];

    private static AngleSharp.Dom.IElement Button(IRenderedComponent<SingleRow> page, string text) =>
        page.FindAll(".embed-again button").Single(button => button.TextContent.EndsWith(text, StringComparison.Ordinal));

    private Task<long> Runs() => database.CountAsync("embedding_admin.run where target = 'stories'");
}
