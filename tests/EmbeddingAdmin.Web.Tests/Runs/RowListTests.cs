using Bunit;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class RowListTests : BunitContext
{
    [Fact]
    public void It_says_how_many_more_there_are_than_it_shows()
    {
        var snapshot = Sample.Snapshot(Sample.Run(RunStatus.Succeeded), (RowOutcome.Written, 4000), (RowOutcome.Failed, 250));
        var rows = Enumerable.Range(0, 100).Select(n => new RowResult($"key-{n}", RowOutcome.Failed, "provider", "400", "The text was refused.")).ToList();
        var list = Render<RowList>(p => p.Add(l => l.View, new RunView(snapshot, [], rows)));
        Assert.Equal(100, list.FindAll("tbody tr").Count);
        Assert.EndsWith("150 more.", list.Find("section").TextContent.Trim(), StringComparison.Ordinal);
        Assert.Equal("/tables/stories/rows/key-0", list.Find("tbody a").GetAttribute("href"));
        Assert.Contains("The text was refused.", list.Find("tbody tr").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_such_rows_there_is_no_list() =>
        Assert.Empty(Render<RowList>(p => p.Add(l => l.View, new RunView(Sample.Snapshot(Sample.Run(RunStatus.Succeeded), (RowOutcome.Written, 1)), [], []))).Markup.Trim());

    [Theory]
    [InlineData(RunKind.Backfill, 0)]
    [InlineData(RunKind.Verify, 3)]
    public void Vectors_of_unknown_origin_are_listed_and_those_about_to_be_read_back_are_not(RunKind kind, long listed) =>
        Assert.Equal(listed, new RunView(Sample.Snapshot(Sample.Run(RunStatus.Running, kind), (RowOutcome.Unverified, 3)), [], []).Listed);
}
