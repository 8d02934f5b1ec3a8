using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class HistoryBandsTests
{
    [Fact]
    public void Every_row_is_in_one_layer_at_every_moment()
    {
        var bands = HistoryBands.Of([At(0, 100, 0, fresh: 0, stale: 0, missing: 90), At(1, 100, 60, fresh: 55, stale: 5, missing: 30), At(2, 110, 110, fresh: 105, stale: 5, missing: 0, empty: 0)], TimeZoneInfo.Utc);
        Assert.Equal(["up to date", "edited since", "missing", "nothing to embed"], bands.Select(band => band.Word));
        Assert.Equal([0d, 55, 105], bands[0].Points.Select(point => point.Rows));
        Assert.Equal([100d, 100, 110], Enumerable.Range(0, 3).Select(n => bands.Sum(band => band.Points[n].Rows)));
        Assert.Equal([0, 1, 2], bands[2].Points.Select(point => (int)(point.At - Sample.Now.UtcDateTime).TotalHours));
    }

    [Fact]
    public void Vectors_that_were_not_examined_are_a_layer_of_their_own()
    {
        var bands = HistoryBands.Of([At(0, 100, 60, fresh: null, stale: null, missing: 30), At(1, 100, 60, fresh: 50, stale: 0, missing: 30)], TimeZoneInfo.Utc);
        Assert.Equal([("up to date", 0d, 50d), ("not examined yet", 60, 10), ("missing", 30, 30), ("nothing to embed", 10, 10)], bands.Select(band => (band.Word, band.Points[0].Rows, band.Points[1].Rows)));
    }

    [Fact]
    public void Many_snapshots_become_fewer_over_the_same_time()
    {
        var many = Enumerable.Range(0, 2000).Select(hour => At(hour, 100, hour)).ToList();
        var thin = HistoryBands.Thin(many);
        Assert.InRange(thin.Count, HistoryBands.MostPoints / 2, HistoryBands.MostPoints);
        Assert.Equal((many[0], many[^1]), (thin[0], thin[^1]));
        Assert.Equal(thin.Select(snapshot => snapshot.At).Order(), thin.Select(snapshot => snapshot.At));
        Assert.Same(thin, HistoryBands.Thin(thin));
    }

    [Fact]
    public void A_run_is_marked_at_what_it_left_behind()
    {
        CoverageSnapshot[] snapshots = [At(0, 100, 10), At(1, 100, 60) with { Run = 7 }, At(2, 100, 55)];
        Assert.Equal(60, HistoryBands.EmbeddedAt(snapshots, Sample.Now.AddMinutes(59), 7));
        Assert.Equal(10, HistoryBands.EmbeddedAt(snapshots, Sample.Now.AddMinutes(59), 8));
        Assert.Equal(10, HistoryBands.EmbeddedAt(snapshots, Sample.Now.AddMinutes(-5), 8));
        Assert.Equal(55, HistoryBands.EmbeddedAt(snapshots, Sample.Now.AddDays(1), 8));
    }

    [Fact]
    public void The_chart_and_its_runs_are_said_in_words()
    {
        var wrote = Sample.Snapshot(Sample.Run(RunStatus.Succeeded, id: 12), (RowOutcome.Written, 4960));
        var read = Sample.Snapshot(Sample.Run(RunStatus.Succeeded, RunKind.Verify, 13), (RowOutcome.AlreadyCurrent, 5000));
        Assert.Equal(["4,960 written", "verification, 5,000 rows read again"], new[] { wrote, read }.Select(HistoryWords.Of));
        Assert.Equal(
            "Rows of stories by state over time: 0 of 100 embedded (0 %) at first, 90 of 100 embedded (100 %) at last. 2 runs ended in this time.",
            HistoryWords.Chart("stories", new(HistoryRange.All[0], null, [At(0, 100, 0), At(1, 100, 90)], [read, wrote], Sample.Now)));
    }

    [Theory]
    [InlineData("24h", "24 hours")]
    [InlineData("all", "all")]
    [InlineData(null, "7 days")]
    [InlineData("nonsense", "7 days")]
    public void A_range_is_found_by_its_name_and_7_days_stand_for_any_other(string? key, string word)
    {
        var range = HistoryRange.Of(key);
        Assert.Equal(word, range.Word);
        Assert.Equal(range.Length is { } length ? Sample.Now - length : null, range.From(Sample.Now));
        Assert.Equal($"/tables/my%20table/coverage?range={range.Key}", CoverageAddress.Of("my table", range));
    }

    [Theory]
    [InlineData(5, "15:09:26")]
    [InlineData(60, "15:09")]
    [InlineData(60 * 24 * 30, "14 Mar")]
    [InlineData(60 * 24 * 800, "Mar 2026")]
    public void The_longer_the_time_the_coarser_its_ticks(double minutes, string words) => Assert.Equal(words, HistoryWords.Tick(Sample.Now.DateTime, TimeSpan.FromMinutes(minutes)));

    [Theory]
    [InlineData(30, "just now")]
    [InlineData(60, "1 minute ago")]
    [InlineData(3599, "59 minutes ago")]
    [InlineData(3600, "1 hour ago")]
    [InlineData(86_400, "24 hours ago")]
    [InlineData(41 * 86_400, "41 days ago")]
    [InlineData(1100 * 86_400, "3 years ago")]
    public void An_age_is_said_in_its_largest_unit(long seconds, string words) => Assert.Equal(words, AgeWords.Ago(TimeSpan.FromSeconds(seconds)));

    private static CoverageSnapshot At(int hours, long total, long embedded, long? fresh = 0, long? stale = 0, long? missing = 0, long? empty = 10) => new(Sample.Now.AddHours(hours), null, total, embedded, Enum.GetValues<CoverageState>().ToDictionary(state => state, state => state switch
    {
        CoverageState.Fresh => fresh,
        CoverageState.StaleText => stale,
        CoverageState.Missing => missing,
        CoverageState.EmptySource => empty,
        _ => 0,
    }));
}
