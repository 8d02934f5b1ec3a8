using Bunit;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Web.Rows;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class NearestBothTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static readonly CosineIndex Index = new("near", "hnsw", "hnsw.ef_search is 40");

    [Fact]
    public async Task What_the_index_finds_the_same_is_one_list()
    {
        var page = await RenderAsync(new(Rows(1, 2, 3), null, true, Index, Rows(1, 2, 3)));
        Assert.Equal(["1", "2", "3"], Keys(page, ".nearest"));
        Assert.Equal("The index near (hnsw) finds the same as a comparison with every row.", page.Find(".nearest-how").TextContent);
    }

    [Fact]
    public async Task Where_they_differ_both_stand_beside_each_other_with_what_differs_marked_and_what_it_means()
    {
        var page = await RenderAsync(new(Rows(1, 2, 3, 4, 5), null, true, Index, Rows(1, 2, 3, 4, 9)));
        Assert.Equal(["1", "2", "3", "4", "5"], Keys(page, ".nearest-both section:nth-child(1)"));
        Assert.Equal(["1", "2", "3", "4", "9"], Keys(page, ".nearest-both section:nth-child(2)"));
        Assert.Equal(["5", "9"], Keys(page, ".nearest-alone"));
        Assert.Equal(["the index misses it", "in place of a nearer row"], page.FindAll(".nearest-mark").Select(mark => mark.TextContent));
        Assert.Contains("The index finds 4 of the 5 nearest.", page.Find(".nearest-differs").TextContent, StringComparison.Ordinal);
        Assert.Contains("a higher hnsw.ef_search finds more (hnsw.ef_search is 40)", page.Find(".nearest-differs").TextContent, StringComparison.Ordinal);
        Assert.Contains("more probes", (await RenderAsync(new(Rows(1, 2), null, true, new("near", "ivfflat", null), Rows(2)))).Find(".nearest-differs").TextContent, StringComparison.Ordinal);
        Assert.Contains("Nothing.", (await RenderAsync(new(Rows(1, 2), null, true, Index, []))).Find(".nearest-both section:nth-child(2)").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_way_alone_is_said_to_be_one()
    {
        Assert.Contains("has no index for cosine distance", (await RenderAsync(new(Rows(1), null))).Find(".nearest-how").TextContent, StringComparison.Ordinal);
        Assert.Contains("what the index misses is not known", (await RenderAsync(new(Rows(1), null, false, Index, Rows(1)))).Find(".nearest-how").TextContent, StringComparison.Ordinal);
        Assert.Contains("gave no answer in time", (await RenderAsync(new(Rows(1), null, true, Index))).Find(".nearest-how").TextContent, StringComparison.Ordinal);
        Assert.Equal("Nothing to compare.", (await RenderAsync(new([], "Nothing to compare."))).Find("p").TextContent);
    }

    private async Task<IRenderedComponent<NearestBoth>> RenderAsync(NearestRows nearest) =>
        (await Screens.OpenAsync(database)).Render<NearestBoth>(p => p.Add(both => both.Table, "stories").Add(both => both.Nearest, nearest).Add(both => both.Shown, true).Add(both => both.Id, "near"));

    private static IReadOnlyList<Neighbour> Rows(params int[] keys) => [.. keys.Select(key => new Neighbour($"{key}", key / 10d, $"text {key}", false))];

    private static IEnumerable<string> Keys(IRenderedComponent<NearestBoth> page, string where) => page.FindAll($"{where} a").Select(link => link.TextContent);
}
