using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Web.Coverage;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class CoverageLookTests
{
    private static readonly TableCoverage Hidden = Sample.Coverage(0) with { CatalogRows = 5000, RowsHidden = true };

    [Fact]
    public void Nothing_of_nothing_is_never_100_percent()
    {
        foreach (var coverage in (TableCoverage[])[Sample.Coverage(0), Sample.Coverage(7, empty: 7), Hidden, Sample.Coverage(0) with { FilteredOut = true }])
            Assert.DoesNotContain("%", CoverageLook.Headline(coverage) + CoverageLook.TextAlternative(coverage).Replace("(– ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("no rows", CoverageLook.HeadlineLabel(Sample.Coverage(0) with { CatalogRows = 5000 }));
        Assert.Equal("no row has text to embed", CoverageLook.HeadlineLabel(Sample.Coverage(7, empty: 7)));
    }

    [Fact]
    public void Rows_that_the_role_may_not_see_are_said_and_not_called_an_empty_table()
    {
        Assert.Equal("no rows visible to this role (the catalog says about 5,000)", CoverageLook.HeadlineLabel(Hidden));
        Assert.StartsWith("Row-level security hides every row", CoverageLook.Warning(Hidden), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_nothing_visible_nothing_left_by_the_filter_and_all_of_it_are_four_sentences()
    {
        string[] sentences = [.. new[] { Sample.Coverage(0), Hidden, Sample.Coverage(0) with { FilteredOut = true }, Sample.Coverage(7, fresh: 7) }.Select(CoverageLook.HeadlineLabel)];

        Assert.Equal(["no rows", "no rows visible to this role (the catalog says about 5,000)", "hidden by the table's filter: it leaves no row", "all embedded"], sentences);
    }

    [Fact]
    public void An_estimate_says_so_and_what_it_rests_on()
    {
        var coverage = Sample.Coverage(1_000_000, fresh: 999_000, missing: 1_000) with { WithVector = Sample.Counted(999_000) with { Basis = Basis.Counter } };

        Assert.Equal("≈ 99.9 %", CoverageLook.Headline(coverage));
        Assert.All(Enum.GetValues<Basis>(), basis => Assert.Equal(basis is Basis.Counter or Basis.Index or Basis.Statistics, CoverageLook.Basis(basis).StartsWith('≈')));
    }

    [Fact]
    public void What_was_written_since_a_scan_is_a_part_of_its_own()
    {
        var coverage = Sample.Coverage(100, fresh: 60, stale: 5, missing: 15) with { WithVector = Sample.Counted(85), Scan = new(Sample.Now, 40, null) };

        Assert.Equal([("up to date", 60L), ("edited since", 5L), ("not examined yet", 20L), ("missing", 15L)], CoverageLook.Segments(coverage).Select(segment => (segment.Word, segment.Rows)));
        Assert.Equal("The vectors are being examined in the background: 40 of about 100 rows so far.", CoverageLook.Scan(coverage));
    }

    [Fact]
    public void Rows_without_text_do_not_count_against_the_share()
    {
        Assert.Equal("100 %", CoverageLook.Headline(Sample.Coverage(5000, fresh: 4960, empty: 40)));
        Assert.Equal("99.9 %", CoverageLook.Headline(Sample.Coverage(5000, fresh: 4959, missing: 1, empty: 40)));
        Assert.Equal("0 %", CoverageLook.Headline(Sample.Coverage(5000, missing: 4960, empty: 40)));
    }

    [Fact]
    public void The_text_alternative_lists_every_part() => Assert.Equal(
        "Coverage of stories: 3,000 of 5,000 rows embedded (60.4 % of rows with text embedded): 2,990 up to date, 10 edited since, 1,960 missing, 40 nothing to embed.",
        CoverageLook.TextAlternative(Sample.Coverage(5000, fresh: 2990, stale: 10, missing: 1960, empty: 40)));

    [Fact]
    public void A_state_that_was_not_computed_is_not_drawn_and_is_said()
    {
        var coverage = Sample.Coverage(5000) with { WithVector = Sample.Counted(3000), Figures = CoverageStates.InOrder.ToDictionary(state => state, _ => (Figure?)null) };
        Assert.Equal([("with a vector", 3000L), ("without a vector", 2000L)], CoverageLook.Segments(coverage).Select(segment => (segment.Word, segment.Rows)));
        Assert.All(CoverageLook.NotComputed(coverage), word => Assert.Contains(word, CoverageLook.TextAlternative(coverage), StringComparison.Ordinal));
        Assert.Contains("not zero", CoverageLook.Warning(coverage), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_state_has_a_word_and_a_colour_of_its_own()
    {
        var all = Sample.Coverage(7) with { WithVector = Sample.Counted(5), Figures = CoverageStates.InOrder.ToDictionary(state => state, Figure? (_) => Sample.Counted(1)) };
        var segments = CoverageLook.Segments(all);
        Assert.Equal(CoverageStates.InOrder.Count, segments.Count);
        Assert.Equal(segments.Count, segments.DistinctBy(segment => segment.Word, StringComparer.Ordinal).Count());
        Assert.Equal(segments.Count, segments.DistinctBy(segment => segment.Colour, StringComparer.Ordinal).Count());
    }
}
