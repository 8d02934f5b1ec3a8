using Bunit;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Rows;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class RowHistoryCardTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Theory]
    [InlineData("stories")]
    [InlineData("profiles")]
    public async Task Each_run_is_told_with_a_link_its_outcome_and_the_way_to_the_reason(string table)
    {
        await using var screens = await Screens.OpenAsync(database);
        var catalog = screens.Services.GetRequiredService<TableCatalog>();
        var target = await catalog.ResolveAsync(catalog.Find(table)!, TestContext.Current.CancellationToken);
        var key = (await database.Database.ScalarAsync<string>($"select id::text from {table} order by id limit 1", TestContext.Current.CancellationToken))!;
        Assert.Equal("No run has written this row or listed it.", (await RenderAsync(screens, target, key)).WaitForElement(".history-none").TextContent);

        var control = screens.Services.GetRequiredService<RunControl>();
        var runs = new List<long>();
        foreach (var (outcome, stage) in new[] { ("blocked", null), ("tooLong", null), ("failed", "provider"), ("failed", "database") })
        {
            var run = await control.StartAsync(new(RunKind.Backfill, table), new Actor("Ada", "dashboard"), TestContext.Current.CancellationToken);
            await control.AskAsync(run.Id, RunAction.Cancel, null, new Actor("Ada", "dashboard"), TestContext.Current.CancellationToken);
            await database.ExecuteAsync($"insert into embedding_admin.row_result (run, row_key, outcome, stage, code, message, attempt, tries) values ({run.Id}, '{key}', '{outcome}', {(stage is null ? "null" : $"'{stage}'")}, 'X-1', 'said <b>so</b>', 1, 2)");
            runs.Add(run.Id);
        }

        var card = await RenderAsync(screens, target, key);
        card.WaitForAssertion(() => Assert.Equal(4, card.FindAll(".history li").Count));
        runs.Reverse();
        Assert.Equal(runs.Select(run => $"/runs/{run}"), card.FindAll(".history-head a").Select(link => link.GetAttribute("href")));
        Assert.Equal(["failed", "failed", "too long", "blocked"], card.FindAll(".history .status-badge").Select(badge => badge.TextContent));
        Assert.Equal([$"/access/why/{table}?key={key}&run={runs[0]}", $"/access/why/{table}?key={key}&run={runs[3]}"], card.FindAll(".history .why-link").Select(link => link.GetAttribute("href")));
        Assert.Contains("backfill by Ada, listed 2 times", card.Find(".history li").TextContent, StringComparison.Ordinal);
        Assert.Contains("said <b>so</b> X-1", card.Find(".history li").TextContent, StringComparison.Ordinal);
        Assert.Contains("only the last writing is kept", card.Markup, StringComparison.Ordinal);
    }

    private static async Task<IRenderedComponent<RowHistoryCard>> RenderAsync(Screens screens, Target target, string key)
    {
        var row = (await screens.Services.GetRequiredService<RowInspector>().ReadAsync(target, key, TestContext.Current.CancellationToken))!;
        return screens.Render<RowHistoryCard>(p => p.Add(card => card.Target, target).Add(card => card.Row, row));
    }
}
