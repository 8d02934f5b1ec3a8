using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Web.Coverage;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class CoverageBarTests : BunitContext
{
    [Fact]
    public void The_bar_is_an_image_with_a_text_alternative_and_every_part_stands_in_the_list()
    {
        var bar = RenderBar(Sample.Coverage(5000, fresh: 2990, stale: 10, missing: 1960, empty: 40));
        Assert.Equal("img", bar.Find(".coverage-bar").GetAttribute("role"));
        Assert.Contains("1,960 missing", bar.Find(".coverage-bar").GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.Equal(["flex-grow: 2990", "flex-grow: 10", "flex-grow: 1960", "flex-grow: 40"], bar.FindAll(".segment").Select(segment => segment.GetAttribute("style")));
        Assert.Equal(["2,990 up to date", "10 edited since", "1,960 missing", "40 nothing to embed"], bar.FindAll(".legend li").Select(part => part.TextContent));
        Assert.Equal(
            ["/tables/stories/rows?state=fresh", "/tables/stories/rows?state=staleText", "/tables/stories/rows?state=missing", "/tables/stories/rows?state=emptySource"],
            bar.FindAll(".legend a").Select(link => link.GetAttribute("href")));
    }

    [Theory]
    [InlineData(0, 100, "colour-missing")]
    [InlineData(100, 0, "colour-fresh")]
    public void At_nothing_and_at_all_it_is_one_part(long fresh, long missing, string colour) =>
        Assert.Contains(colour, Assert.Single(RenderBar(Sample.Coverage(100, fresh: fresh, missing: missing)).FindAll(".segment")).ClassName, StringComparison.Ordinal);

    [Fact]
    public void An_empty_table_draws_nothing()
    {
        var bar = RenderBar(Sample.Coverage(0));
        Assert.Empty(bar.FindAll(".segment"));
        Assert.Equal("no rows", bar.Find(".legend").TextContent.Trim());
        Assert.Equal("Coverage of stories: no rows.", bar.Find(".coverage-bar").GetAttribute("aria-label"));
    }

    private IRenderedComponent<CoverageBar> RenderBar(TableCoverage coverage) => Render<CoverageBar>(p => p.Add(bar => bar.Coverage, coverage));
}
