using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Tests.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Radzen;
using Radzen.Blazor;
using Radzen.Blazor.Rendering;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

/// <summary>The page of a table's coverage, part by part.</summary>
public sealed class CoveragePageTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static readonly EmbeddingTable Stories = EmbeddingTable.Defaults[0];
    private static readonly EmbeddingTable Profiles = EmbeddingTable.Defaults[1];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_shows_the_figures_of_now_the_time_and_the_months()
    {
        await using var screens = await OpenAsync();
        await ForgetAsync();
        var page = screens.Render<CoveragePage>(p => p.Add(c => c.Table, "profiles"));
        page.WaitForAssertion(() => Assert.Equal(["1,500", "0", "1,475", "25"], page.FindAll(".coverage-now .figure-value").Select(figure => figure.TextContent)));
        page.WaitForAssertion(() => Assert.Contains("The first snapshot is taken at the next full hour, or when a run has ended.", page.Find(".history").TextContent, StringComparison.Ordinal));
        page.WaitForAssertion(() => Assert.Contains("No column says", page.Find(".ages").TextContent, StringComparison.Ordinal));
        Assert.Equal("7 days", page.Find(".state-links a[aria-current]").TextContent);

        await screens.DisposeComponentsAsync();
        Assert.Equal(0, screens.Feed.Watchers);
    }

    [Fact]
    public async Task A_table_that_no_setting_names_is_said_to_be_none()
    {
        await using var screens = await OpenAsync();
        var page = screens.Render<CoveragePage>(p => p.Add(c => c.Table, "nowhere"));
        Assert.Contains("There is no table nowhere", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_count_is_said_in_words_and_two_are_a_chart_with_its_runs_its_layers_and_its_numbers()
    {
        await ForgetAsync();
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        await SnapshotAsync("interval '2 hours'", null, embedded: 0, missing: 4960);
        await using var screens = await OpenAsync();

        var one = screens.Render<HistoryCard>(p => p.Add(c => c.Table, Stories).Add(c => c.Range, HistoryRange.Of("24h")));
        one.WaitForAssertion(() => Assert.StartsWith("One count so far: 0 of 5,000 rows embedded (0 %)", one.Find(".history-one").TextContent, StringComparison.Ordinal));
        Assert.Empty(one.FindAll(".history-chart"));

        await SnapshotAsync("interval '0'", run.Id, embedded: 4960, missing: 0);
        var two = screens.Render<HistoryCard>(p => p.Add(c => c.Table, Stories).Add(c => c.Range, HistoryRange.Of("24h")));
        two.WaitForAssertion(() => Assert.Equal("Rows of stories by state over time: 0 of 5,000 embedded (0 %) at first, 4,960 of 5,000 embedded (100 %) at last. One run ended in this time.", two.Find(".history-chart").GetAttribute("aria-label")));
        two.WaitForAssertion(() => Assert.Equal(3, two.FindAll(".history-chart .rz-area-series").Count));
        Assert.Single(two.FindAll(".history-chart .rz-scatter-series circle"));
        Assert.Equal(["up to date", "missing", "nothing to embed", "a run has ended"], two.FindAll(".history-legend li").Select(layer => layer.TextContent));
        Assert.StartsWith($"Run {run.Id}, 0 written", two.Find(".history-runs span:not(.status-badge)").TextContent, StringComparison.Ordinal);
        Assert.Equal($"/runs/{run.Id}", two.Find(".history-runs a").GetAttribute("href"));
        Assert.Equal(["5,000", "4,960", "100 %", "0", "0", $"run {run.Id}"], two.FindAll(".history-points tbody tr")[0].QuerySelectorAll("td").Select(cell => cell.TextContent));
        Assert.Equal("the hour", two.FindAll(".history-points tbody tr")[1].QuerySelectorAll("td")[^1].TextContent);
    }

    [Fact]
    public async Task A_click_on_a_runs_mark_opens_the_run()
    {
        await ForgetAsync();
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        await SnapshotAsync("interval '2 hours'", null, embedded: 0, missing: 4960);
        await SnapshotAsync("interval '0'", run.Id, embedded: 4960, missing: 0);
        await using var screens = await OpenAsync();
        var history = screens.Render<HistoryCard>(p => p.Add(c => c.Table, Stories).Add(c => c.Range, HistoryRange.Of("24h")));
        history.WaitForElement(".rz-scatter-series circle");

        var chart = history.FindComponent<RadzenChart>();
        var marks = (System.Collections.IEnumerable)chart.FindComponents<IComponent>().First(component => component.Instance.GetType().Name.StartsWith("RadzenScatterSeries", StringComparison.Ordinal)).Instance.GetType().GetProperty("Data")!.GetValue(chart.FindComponents<IComponent>().First(component => component.Instance.GetType().Name.StartsWith("RadzenScatterSeries", StringComparison.Ordinal)).Instance)!;
        await chart.InvokeAsync(() => chart.Instance.SeriesClick.InvokeAsync(new SeriesClickEventArgs { Data = marks.Cast<object>().Single() }));

        Assert.Equal($"http://localhost/runs/{run.Id}", screens.Services.GetRequiredService<NavigationManager>().Uri);
    }

    [Fact]
    public async Task A_range_leaves_out_what_was_before_it_and_another_is_one_link_away()
    {
        await ForgetAsync();
        foreach (var days in (int[])[40, 20, 3, 0])
            await SnapshotAsync($"interval '{days} days'", null, embedded: 100 - days, missing: 4860 + days);
        await using var screens = await OpenAsync();
        var history = screens.Render<HistoryCard>(p => p.Add(c => c.Table, Stories).Add(c => c.Range, HistoryRange.Of("7d")));
        // With the last one before it, so that the layers have a beginning.
        history.WaitForAssertion(() => Assert.Equal(3, history.FindAll(".history-points tbody tr").Count));
        Assert.Equal(HistoryRange.All.Select(range => $"/tables/stories/coverage?range={range.Key}"), history.FindAll(".state-links a").Select(link => link.GetAttribute("href")));

        history.Render(p => p.Add(c => c.Table, Stories).Add(c => c.Range, HistoryRange.Of("all")));
        history.WaitForAssertion(() => Assert.Equal(4, history.FindAll(".history-points tbody tr").Count));
        Assert.Equal("all", history.Find(".state-links a[aria-current]").TextContent);
    }

    [Fact]
    public async Task A_run_that_ends_while_somebody_looks_on_is_marked()
    {
        await ForgetAsync();
        await SnapshotAsync("interval '2 hours'", null, embedded: 0, missing: 4960);
        await SnapshotAsync("interval '1 hour'", null, embedded: 0, missing: 4960);
        await using var screens = await OpenAsync();
        var history = screens.Render<HistoryCard>(p => p.Add(c => c.Table, Stories).Add(c => c.Range, HistoryRange.Of("24h")));
        history.WaitForElement(".history-chart");
        Assert.Empty(history.FindAll(".history-runs"));

        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        screens.Feed.Publish(Sample.Snapshot(run));
        history.WaitForAssertion(() => Assert.Contains($"Run {run.Id}, 0 written", history.Find(".history-runs").TextContent, StringComparison.Ordinal));
        // The count after it is kept a moment later.
        await SnapshotAsync("interval '0'", run.Id, embedded: 10, missing: 4950);
        history.WaitForAssertion(() => Assert.Equal(3, history.FindAll(".history-points tbody tr").Count));
    }

    [Fact]
    public async Task What_the_database_does_not_tell_is_said_in_its_part_and_the_others_live_on()
    {
        await database.ExecuteAsync("alter table embedding_admin.coverage_snapshot rename to coverage_snapshot_kept");
        try
        {
            await using var screens = await OpenAsync();
            var page = screens.Render<CoveragePage>(p => p.Add(c => c.Table, "stories"));
            page.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseFault, page.Find(".history .error-card").TextContent, StringComparison.Ordinal));
            page.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseFault, page.Find(".coverage-now .fault-line").TextContent, StringComparison.Ordinal));
            page.WaitForElement(".coverage-now .figure-value");
            page.WaitForElement(".months");
        }
        finally
        {
            await database.ExecuteAsync("alter table embedding_admin.coverage_snapshot_kept rename to coverage_snapshot");
        }
    }

    [Fact]
    public async Task Since_the_last_run_is_said_what_became_missing()
    {
        await ForgetAsync();
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        await SnapshotAsync("interval '1 minute'", run.Id, embedded: 12, missing: 4948);
        await using var screens = await OpenAsync();
        var now = await screens.Services.GetRequiredService<CoverageReader>().ReadAsync(Stories, TimeSpan.Zero, Cancel);
        var since = screens.Render<SinceRun>(p => p.Add(c => c.Table, Stories).Add(c => c.Coverage, now));
        since.WaitForAssertion(() => Assert.StartsWith($"12 stories became missing since run {run.Id}", since.Find(".since-run").TextContent, StringComparison.Ordinal));
        Assert.Equal($"/runs/{run.Id}", since.Find("a").GetAttribute("href"));
    }

    [Fact]
    public async Task Months_have_their_bars_and_numbers_the_newest_first_and_are_counted_again_when_asked()
    {
        await database.ExecuteAsync("""
            update stories set created_at = timestamptz '2024-01-15 12:00Z' + make_interval(months => (n % 14)::int) from (select id, row_number() over (order by id) - 1 as n from stories) p where p.id = stories.id;
            update stories set created_at = '2023-06-01 12:00Z' where id = (select id from stories where content <> '' order by id limit 1)
            """);
        await using var screens = await OpenAsync();
        var ages = screens.Render<AgesCard>(p => p.Add(c => c.Table, Stories));
        ages.WaitForElement(".months");
        Assert.Equal(["Feb 2025", "Jan 2025"], ages.FindAll(".months")[0].QuerySelectorAll("th[scope=row]").Take(2).Select(month => month.TextContent));
        Assert.Equal(12, ages.FindAll(".months")[0].QuerySelectorAll("th[scope=row]").Length);
        Assert.Equal("3 months before", ages.Find(".months-before summary").TextContent);
        Assert.Equal(["Jun 2023", "0 of 1 row", "0 %"], new[] { "th", ".numbers", "td.numbers" }.Select(part => ages.FindAll(".months")[1].QuerySelectorAll("tbody tr")[^1].QuerySelector(part)!.TextContent));
        Assert.Matches("the oldest was made \\d+ (years|days) ago", ages.Find(".oldest").TextContent);

        await database.ExecuteAsync("update stories set embedding = array_fill(0.1, array[1536])::extensions.vector where created_at = '2023-06-01 12:00Z'");
        await ages.Find("button").ClickAsync(new());
        ages.WaitForAssertion(() => Assert.Equal("1 of 1 row", ages.FindAll(".months")[1].QuerySelectorAll("tbody tr")[^1].QuerySelector(".numbers")!.TextContent));
        await database.ExecuteAsync("update stories set embedding = null where embedding is not null");
    }

    [Fact]
    public async Task Where_no_column_says_when_a_row_was_made_that_is_said()
    {
        await using var screens = await OpenAsync();
        var ages = screens.Render<AgesCard>(p => p.Add(c => c.Table, Profiles));
        ages.WaitForAssertion(() => Assert.Contains("No column says when a row of profiles was made.", ages.Find(".note").TextContent, StringComparison.Ordinal));
        Assert.Empty(ages.FindAll(".months, button"));
    }

    [Fact]
    public async Task Months_that_cannot_be_counted_say_why_and_may_be_asked_for_again()
    {
        await using var screens = await OpenAsync();
        var ages = screens.Render<AgesCard>(p => p.Add(c => c.Table, Profiles with { Table = "tales" }));
        ages.WaitForAssertion(() => Assert.Contains(ErrorCodes.TableMissing, ages.Find(".error-card").TextContent, StringComparison.Ordinal));
        Assert.False(ages.Find("button").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Counting_by_month_ends_with_the_page()
    {
        await using var screens = await OpenAsync();
        await using var connection = await database.Database.DataSource.OpenConnectionAsync(Cancel);
        await using var held = await connection.BeginTransactionAsync(Cancel);
        await using (var command = new NpgsqlCommand("lock table stories", connection, held))
            await command.ExecuteNonQueryAsync(Cancel);
        // It began before the page's and nobody cancels it: had the page's gone by itself, this one would have gone first.
        var patient = screens.Services.GetRequiredService<CoverageAges>().ReadAsync(Stories, Cancel);
        await Until.HoldsAsync(async () => await WaitingAsync() == 1);
        var ages = screens.Render<AgesCard>(p => p.Add(c => c.Table, Stories));
        Assert.Equal("Counting by month …", ages.Find(".skeleton").TextContent);
        await Until.HoldsAsync(async () => await WaitingAsync() == 2);

        await screens.DisposeComponentsAsync();
        await Until.HoldsAsync(async () => await WaitingAsync() < 2);
        Assert.False(patient.IsCompleted);
        await held.RollbackAsync(Cancel);
        await patient;

        Task<long> WaitingAsync() => database.CountAsync("pg_locks where not granted and relation = 'stories'::regclass");
    }

    [Fact]
    public async Task A_large_table_is_offered_the_index_and_one_that_has_it_says_so()
    {
        await using var screens = await OpenAsync();
        var small = screens.Render<FasterCount>(p => p.Add(c => c.Table, Stories).Add(c => c.Coverage, Sample.Coverage(19_999)));
        var large = screens.Render<FasterCount>(p => p.Add(c => c.Table, Stories).Add(c => c.Coverage, Sample.Coverage(1_000_000, missing: 1_000_000)));
        large.WaitForElement(".faster-count");
        Assert.Contains("Every count of these 1,000,000 rows reads the whole table.", large.Find("p").TextContent, StringComparison.Ordinal);
        Assert.Contains("about 31 MB for the 1,000,000 rows without a vector now", large.Find("p").TextContent, StringComparison.Ordinal);
        var statements = large.FindAll("pre").Select(statement => statement.TextContent).ToList();
        Assert.StartsWith("create index concurrently ", statements[0], StringComparison.Ordinal);
        Assert.Empty(small.Markup.Trim());

        await database.ExecuteAsync(statements[0]);
        var made = screens.Render<FasterCount>(p => p.Add(c => c.Table, Stories).Add(c => c.Coverage, Sample.Coverage(1_000_000, missing: 1_000_000)));
        made.WaitForAssertion(() => Assert.Equal("Rows without a vector are counted by their own index, stories_embedding_missing.", made.Find(".quiet").TextContent));
        await database.ExecuteAsync(statements[1]);
    }

    [Fact]
    public async Task Vectors_are_examined_again_when_somebody_asks_and_only_where_a_scan_examines_them()
    {
        await database.ExecuteAsync("update profiles set preference_embedding = array_fill(0.1, array[1536])::extensions.vector where bio <> ''");
        await using var screens = await OpenAsync(("Coverage:ExamineAtOnceUpTo", "0"), ("Coverage:ScanPercent", "100"));
        screens.Services.GetRequiredService<SchemaGate>().Open();
        var scans = screens.Services.GetRequiredService<CoverageScans>();
        await scans.StartAsync(Cancel);
        var now = screens.Render<CoverageNow>(p => p.Add(c => c.Table, Profiles));
        now.WaitForAssertion(() => Assert.Contains("vectors examined", now.Find(".as-of").TextContent, StringComparison.Ordinal));
        now.WaitForAssertion(() => Assert.Contains(now.FindAll(".suggestions li"), suggestion => suggestion.TextContent.Contains("vectors are of unknown origin", StringComparison.Ordinal)));
        // Its result is there a moment before it has ended, and until then another one is the same.
        await Until.TrueAsync(() => scans.Turns(Profiles) % 2 == 0);
        var first = await ScansAsync();

        await now.Find(".examine button").ClickAsync(new());
        await Until.HoldsAsync(async () => await ScansAsync() == first + 1);
        now.WaitForAssertion(() => Assert.Equal("", now.Find(".examine [role=status]").TextContent));
        await scans.StopAsync(Cancel);

        var small = screens.Render<ExamineAgain>(p => p.Add(c => c.Table, Stories).Add(c => c.Coverage, Sample.Coverage(10)));
        Assert.Empty(small.Markup.Trim());
        var going = screens.Render<ExamineAgain>(p => p.Add(c => c.Table, Stories).Add(c => c.Coverage, Sample.Coverage(10) with { Scan = new(Sample.Now, 5, null) }));
        Assert.True(going.Find("button").HasAttribute("disabled"));
        await database.ExecuteAsync("update profiles set preference_embedding = null where preference_embedding is not null");

        Task<int> ScansAsync() => database.Database.ScalarAsync<int>("select scans from embedding_admin.coverage_scan s join embedding_admin.vector_column c on c.id = s.vector_column where c.name = 'public.profiles.preference_embedding'", Cancel)!;
    }

    private async Task<Screens> OpenAsync(params (string Key, string Value)[] settings)
    {
        var screens = await Screens.OpenAsync(database, settings: settings);
        // The chart asks the browser how large it is.
        screens.JSInterop.Setup<Rect>("Radzen.createChart", _ => true).SetResult(new Rect { Width = 800, Height = 300 });
        return screens;
    }

    private Task ForgetAsync() => database.ExecuteAsync("delete from embedding_admin.coverage_snapshot; update embedding_admin.run set ended_at = ended_at - interval '2 years' where ended_at > now() - interval '1 year'");

    private Task SnapshotAsync(string ago, long? run, long embedded, long missing) => database.ExecuteAsync(
        $"""
        insert into embedding_admin.vector_column (name) values ('public.stories.embedding') on conflict do nothing;
        insert into embedding_admin.coverage_snapshot (vector_column, at, run, total, embedded, fresh, stale_text, stale_config, unstamped, invalid, empty_source, missing)
        select id, clock_timestamp() - {ago}, {run?.ToString() ?? "null"}, 5000, {embedded}, {embedded}, 0, 0, 0, 0, 40, {missing} from embedding_admin.vector_column where name = 'public.stories.embedding'
        """);
}
