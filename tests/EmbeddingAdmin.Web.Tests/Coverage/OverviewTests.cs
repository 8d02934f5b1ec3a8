using Bunit;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class OverviewTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task Each_table_has_its_card_with_the_databases_figures_and_who_can_write()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = screens.Render<Overview>();

        page.WaitForAssertion(() => Assert.Equal(["5,000", "0", "4,960", "40"], Figures(page, "stories")));
        page.WaitForAssertion(() => Assert.Equal(["1,500", "0", "1,475", "25"], Figures(page, "profiles")));
        page.WaitForAssertion(() => Assert.Equal(6, page.FindAll(".probes li").Count));
        var role = page.Find("[data-table=stories] .probes li");
        Assert.StartsWith("Database role postgres", role.TextContent, StringComparison.Ordinal);
        Assert.Contains("Can write", role.TextContent, StringComparison.Ordinal);
        Assert.Contains("in a statement of its own", role.QuerySelector("details")!.TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".original-bug"));
        page.WaitForAssertion(() => Assert.Equal(["Start backfill", "Verify", "Verify with a sample …"], page.FindAll("[data-table=stories] .start-buttons button").Select(button => button.TextContent.Trim()).Select(text => text[(text.LastIndexOf('\n') + 1)..]).Select(WithoutIcon)));
    }

    [Fact]
    public async Task A_pooler_is_named_where_there_is_one_and_nothing_is_said_where_there_is_none()
    {
        await using (var direct = await Screens.OpenAsync(database))
        {
            var page = direct.Render<Overview>();
            await LookedAsync(direct, new(PoolerMode.None, null));
            Assert.Empty(page.FindAll(".pooler-notice"));
        }

        await using var pooler = await database.StartPoolerAsync();
        await using var screens = await Screens.OpenAsync(database, _ => new(pooler.ConnectionString));
        await LookedAsync(screens, new(PoolerMode.Transaction, "PgBouncer"));
        var overview = screens.Render<Overview>();
        overview.WaitForAssertion(() => Assert.StartsWith("The database is reached through a pooler in transaction mode (PgBouncer).", overview.Find(".pooler-notice").TextContent, StringComparison.Ordinal));
        overview.WaitForAssertion(() => Assert.Equal("5,000", Figures(overview, "stories")[0]));
        var connection = screens.Render<ConnectionPage>();
        connection.WaitForAssertion(() => Assert.Contains("transaction mode (PgBouncer)", connection.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watchers_go_from_none_to_three_per_card_and_back_to_none()
    {
        await using var screens = await Screens.OpenAsync(database);
        Assert.Equal(0, screens.Feed.Watchers);
        var page = screens.Render<Overview>();
        page.WaitForAssertion(() => Assert.Equal(4, page.FindAll(".coverage-bar, .last-run").Count));
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".suggestions").Count));
        // What is known of a table is drawn before the feed is watched.
        await Until.TrueAsync(() => screens.Feed.Watchers == 6);

        await screens.DisposeComponentsAsync();
        Assert.Equal(0, screens.Feed.Watchers);
    }

    [Fact]
    public async Task A_run_is_seen_on_its_card_while_it_goes_and_nobody_can_start_a_second_beside_it()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = screens.Render<Overview>();
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".last-run").Count));

        screens.Feed.Publish(Sample.Snapshot(Sample.Run(RunStatus.Running, id: 999), (RowOutcome.Written, 1250)));

        page.WaitForAssertion(() => Assert.Equal("25", page.Find("[data-table=stories] [role=progressbar]").GetAttribute("aria-valuenow")));
        Assert.Equal("/runs/999", page.Find("[data-table=stories] .run-line a").GetAttribute("href"));
        Assert.True(page.Find("[data-table=stories] .start-buttons button").HasAttribute("disabled"));
        Assert.False(page.Find("[data-table=profiles] .start-buttons button").HasAttribute("disabled"));
    }

    [Fact]
    public async Task What_a_run_wrote_before_it_ended_is_in_the_count_after_it()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = screens.Render<TableCard>(p => p.Add(card => card.Table, EmbeddingAdmin.Tables.EmbeddingTable.Defaults[1]));
        page.WaitForAssertion(() => Assert.Equal("0", Figures(page, "profiles")[1]));

        await database.ExecuteAsync("update profiles set preference_embedding = array_fill(0.1, array[1536])::extensions.vector where id in (select id from profiles where bio <> '' order by id limit 5)");
        var ended = await database.Database.ScalarAsync<DateTime>("select clock_timestamp()", TestContext.Current.CancellationToken);
        screens.Feed.Publish(Sample.Snapshot(Sample.Run(RunStatus.Succeeded, id: 998) with { Table = "profiles", ChangedAt = new DateTimeOffset(ended, TimeSpan.Zero) }, (RowOutcome.Written, 5)));

        page.WaitForAssertion(() => Assert.Equal("5", Figures(page, "profiles")[1]));
        await database.ExecuteAsync("update profiles set preference_embedding = null");
    }

    [Fact]
    public async Task A_table_that_cannot_be_read_says_so_in_its_card_and_the_other_lives_on()
    {
        await database.ExecuteAsync("alter table profiles rename to gone");
        try
        {
            await using var screens = await Screens.OpenAsync(database);
            var page = screens.Render<Overview>();
            page.WaitForAssertion(() => Assert.Contains(ErrorCodes.TableMissing, page.Find("[data-table=profiles] .error-card").TextContent, StringComparison.Ordinal));
            page.WaitForAssertion(() => Assert.Equal("5,000", Figures(page, "stories")[0]));
            Assert.Empty(page.FindAll("[data-table=stories] .error-card"));
        }
        finally
        {
            await database.ExecuteAsync("alter table gone rename to profiles");
        }
    }

    /// <summary>Waits until what is there is known: a look that takes a busy machine more than a few seconds comes to nothing, and a page takes only one.</summary>
    private static Task LookedAsync(Screens screens, Pooler there) =>
        Until.HoldsAsync(async () => await screens.Services.GetRequiredService<PoolerProbe>().LookAsync(TestContext.Current.CancellationToken) == there);

    private static List<string> Figures<T>(IRenderedComponent<T> page, string table)
        where T : Microsoft.AspNetCore.Components.IComponent => [.. page.FindAll($"[data-table={table}] .figure-value").Select(figure => figure.TextContent)];

    // Radzen writes an icon as a word of its font before the text.
    private static string WithoutIcon(string text) => text.Replace("play_arrow", "", StringComparison.Ordinal).Replace("fact_check", "", StringComparison.Ordinal);
}
