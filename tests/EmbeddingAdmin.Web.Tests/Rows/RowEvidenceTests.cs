using AngleSharp.Dom;
using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Web.Rows;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class RowEvidenceTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static readonly EmbeddingModel Model = new("openai", "api.openai.com", "text-embedding-3-small", 3);

    private static readonly RowFacts Fresh = new()
    {
        Key = "7", Text = "text", Characters = 4, Bytes = 4, TextHash = "aaaaaaaaaaaaaaaa", MostBytes = 100, LeftOut = [], Vector = new float[] { 0, 1, 0 }, VectorHash = "bbbbbbbbbbbbbbbb", Dimensions = 3,
        State = CoverageState.Fresh, Counts = true, Model = Model, RecipeVersion = 1, AsOf = Sample.Now,
        Stamp = new(5, Sample.Now, Model, 1, true, true) { TextHash = "aaaaaaaaaaaaaaaa", VectorHash = "bbbbbbbbbbbbbbbb", Page = 2 },
    };

    [Fact]
    public void Of_each_state_the_fact_that_decides_is_named_and_of_a_fresh_row_all_agree()
    {
        Assert.All(EvidenceLine.Of(Fresh), line => Assert.Equal((true, false), (line.Same, line.Decides)));
        var decided = new Dictionary<CoverageState, (RowFacts Row, string[] By)>
        {
            [CoverageState.StaleText] = (Fresh with { TextHash = "cccccccccccccccc" }, ["Text (sha256)"]),
            [CoverageState.StaleConfig] = (Fresh with { Model = Model with { Host = "elsewhere", Model = "another" } }, ["Host", "Model"]),
            [CoverageState.Unstamped] = (Fresh with { VectorHash = "cccccccccccccccc", Stamp = Fresh.Stamp! with { SameVector = false } }, ["Vector (sha256)"]),
            [CoverageState.Missing] = (Fresh with { Vector = null, VectorHash = null }, ["Vector (sha256)"]),
            [CoverageState.EmptySource] = (Fresh with { Vector = null, VectorHash = null, Stamp = null, Characters = 0 }, ["Text (sha256)"]),
        };
        foreach (var (state, (row, by)) in decided)
            Assert.Equal(by, EvidenceLine.Of(row with { State = state }).Where(line => line.Decides).Select(line => line.What));
        var shorter = EvidenceLine.Of(Fresh with { State = CoverageState.Invalid, Vector = new float[] { 1, 0 } });
        Assert.Equal(new("Vector's dimensions", "must be 3", "2", false, true), Assert.Single(shorter, line => line.Decides));
        Assert.Equal("Vector's norm", Assert.Single(EvidenceLine.Of(Fresh with { State = CoverageState.Invalid, Vector = new float[3] }), line => line.Decides).What);
        Assert.Equal("Text recipe", Assert.Single(EvidenceLine.Of(Fresh with { State = CoverageState.StaleConfig, Stamp = Fresh.Stamp with { SameRecipe = false } }), line => line.Decides).What);
    }

    [Fact]
    public void Every_state_has_a_predicate_of_its_own() =>
        Assert.Equal(CoverageStates.InOrder.Count, CoverageStates.InOrder.Select(EvidenceLine.Predicate).Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public async Task The_card_says_then_and_now_and_which_questions_were_asked()
    {
        await using var screens = await Screens.OpenAsync(database);
        var card = screens.Render<RowState>(p => p.Add(state => state.Row, Fresh with { State = CoverageState.StaleText, TextHash = "cccccccccccccccc" }));
        var decides = card.Find(".compared-decides");
        Assert.Equal("Text (sha256)", decides.QuerySelector("th")!.TextContent);
        Assert.Equal(["then aaaaaaaaaaaa", "now cccccccccccc", "differs, decides"], decides.QuerySelectorAll("td").Select(cell => cell.TextContent.Trim()));
        Assert.Contains("When run 5 wrote it", card.Find(".compared thead").TextContent, StringComparison.Ordinal);
        var asked = card.FindAll(".state-order li").Select(item => item.TextContent.Trim().Split(' ')[^1]).ToList();
        Assert.Equal(["No.", "No.", "No.", "No.", "No.", "Yes.", "asked."], asked);
        Assert.StartsWith("edited since: The stamp's hash is not that of the text of now.", card.Find(".state-order [aria-current]").TextContent.Trim(), StringComparison.Ordinal);
    }
}
