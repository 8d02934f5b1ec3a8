using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Web.Coverage;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class CoverageLookTests
{
    [Fact]
    public void Nothing_of_nothing_is_never_100_percent()
    {
        foreach (var coverage in (TableCoverage[])[Sample.Coverage(0), Sample.Coverage(7, empty: 7), Sample.Coverage(0) with { CatalogRows = 5000 }])
            Assert.DoesNotContain("%", CoverageLook.Headline(coverage) + CoverageLook.TextAlternative(coverage).Replace("(– ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("the table is empty", CoverageLook.HeadlineLabel(Sample.Coverage(0)));
        Assert.Equal("no row has text to embed", CoverageLook.HeadlineLabel(Sample.Coverage(7, empty: 7)));
    }

    [Fact]
    public void Rows_that_the_role_may_not_see_are_said_and_not_called_an_empty_table()
    {
        var hidden = Sample.Coverage(0) with { CatalogRows = 5000 };
        Assert.Equal("no row is visible", CoverageLook.HeadlineLabel(hidden));
        Assert.Contains("about 5,000: row-level security hides them", CoverageLook.Warning(hidden), StringComparison.Ordinal);
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
        var coverage = Sample.Coverage(5000) with { Embedded = 3000, States = CoverageStates.InOrder.ToDictionary(state => state, _ => (long?)null) };
        Assert.Equal([("with a vector", 3000L), ("without a vector", 2000L)], CoverageLook.Segments(coverage).Select(segment => (segment.Word, segment.Rows)));
        Assert.All(CoverageLook.NotComputed(coverage), word => Assert.Contains(word, CoverageLook.TextAlternative(coverage), StringComparison.Ordinal));
        Assert.Contains("not zero", CoverageLook.Warning(coverage), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_state_has_a_word_and_a_colour_of_its_own()
    {
        var all = Sample.Coverage(7) with { States = CoverageStates.InOrder.ToDictionary(state => state, _ => (long?)1) };
        var segments = CoverageLook.Segments(all);
        Assert.Equal(CoverageStates.InOrder.Count, segments.Count);
        Assert.Equal(segments.Count, segments.DistinctBy(segment => segment.Word, StringComparer.Ordinal).Count());
        Assert.Equal(segments.Count, segments.DistinctBy(segment => segment.Colour, StringComparer.Ordinal).Count());
    }
}
