using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Tests.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Radzen;
using Radzen.Blazor;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class SuggestionListTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_suggestion_opens_the_panel_with_its_rows_counted_anew_and_starts_them()
    {
        // Two rows whose vectors nobody claims; the suggestion was made when there were five.
        await database.ExecuteAsync("update stories set embedding = array_fill(0.1, array[1536])::extensions.vector where id in (select id from stories where content <> '' order by id limit 2)");
        await using var screens = await Screens.OpenAsync(database);
        var dialog = screens.Render<RadzenDialog>();
        var list = screens.Render<SuggestionList>(p => p.Add(s => s.Coverage, Unstamped(5)));
        list.WaitForElement(".suggestions");
        Assert.Equal(list.Find(".suggestions p").Id, list.Find(".suggestions button").GetAttribute("aria-describedby"));

        var click = list.Find(".suggestions button").ClickAsync(new());
        dialog.WaitForAssertion(() => Assert.Equal("2", dialog.Find(".facts dd").ChildNodes[0].TextContent.Trim()));
        Assert.Equal([false, false, true], dialog.FindAll(".choices input").Select(choice => choice.HasAttribute("checked")));
        Assert.Equal(["of unknown origin"], dialog.FindAll(".state-choices li").Where(state => state.QuerySelector("input")!.HasAttribute("checked")).Select(state => state.QuerySelectorAll("span")[1].TextContent));
        await dialog.FindAll(".panel-buttons button")[1].ClickAsync(new());
        await click;

        var run = await database.Database.ScalarAsync<long>("select id from embedding_admin.run where kind = 'backfill' and plan -> 'scope' = '[\"unstamped\"]' and status = 'enqueued'", Cancel);
        Assert.Equal($"http://localhost/runs/{run}", screens.Services.GetRequiredService<NavigationManager>().Uri);
        // A run that holds the column leaves nothing to suggest.
        screens.Feed.Publish((await screens.Services.GetRequiredService<RunStore>().SnapshotAsync(run, Cancel))!);
        list.WaitForAssertion(() => Assert.Empty(list.FindAll(".suggestions")));
        await database.ExecuteAsync("update embedding_admin.run set status = 'cancelled'; update stories set embedding = null where embedding is not null");
    }

    [Fact]
    public async Task The_verification_is_started_at_once_and_a_refusal_is_said()
    {
        var wrote = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        await using var screens = await Screens.OpenAsync(database);
        var list = screens.Render<SuggestionList>(p => p.Add(s => s.Coverage, Sample.Coverage(100, fresh: 100)));
        screens.Feed.Publish(Sample.Snapshot(wrote with { Version = wrote.Version + 1, EndedAt = wrote.EndedAt ?? wrote.ChangedAt }, (Writing.RowOutcome.Written, 5)));
        list.WaitForAssertion(() => Assert.StartsWith($"Nothing was verified since run {wrote.Id} wrote.", list.Find(".suggestions span:not(.rzi)").TextContent, StringComparison.Ordinal));

        // The first click's run is not written before all of them have come.
        await using var connection = await database.Database.DataSource.OpenConnectionAsync(Cancel);
        await using var held = await connection.BeginTransactionAsync(Cancel);
        await using (var command = new NpgsqlCommand("lock table embedding_admin.run in exclusive mode", connection, held))
            await command.ExecuteNonQueryAsync(Cancel);
        var clicks = Enumerable.Range(0, 5).Select(_ => list.Find(".suggestions button").ClickAsync(new())).ToList();
        await held.RollbackAsync(Cancel);
        await Task.WhenAll(clicks);
        var run = await database.Database.ScalarAsync<long>("select id from embedding_admin.run where kind = 'verify'", Cancel);
        Assert.Equal((1L, $"http://localhost/runs/{run}"), (await database.CountAsync("embedding_admin.run where kind = 'verify'"), screens.Services.GetRequiredService<NavigationManager>().Uri));
    }

    private static TableCoverage Unstamped(long rows)
    {
        var coverage = Sample.Coverage(5000, fresh: 100);
        return coverage with { Figures = coverage.Figures.ToDictionary(figure => figure.Key, figure => figure.Key == CoverageState.Unstamped ? Sample.Counted(rows) : figure.Value) };
    }
}
