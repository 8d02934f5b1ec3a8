using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Web.Rows;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class RowWordsTests
{
    private static readonly EmbeddingModel Model = new("openai", "api.openai.com", "text-embedding-3-small", 3);

    private static readonly RowFacts Row = new()
    {
        Key = "7", Text = "text", Characters = 4, Bytes = 4, TextHash = "aaaaaaaaaaaaaaaa", MostBytes = 100, LeftOut = [], Vector = new float[] { 0, 1, 0 }, Dimensions = 3, State = CoverageState.Fresh, Counts = true,
        VectorHash = "bbbbbbbbbbbbbbbb", Stamp = new(5, Sample.Now, Model, 1, true, true) { TextHash = "aaaaaaaaaaaaaaaa", VectorHash = "bbbbbbbbbbbbbbbb", Page = 2 }, Model = Model, RecipeVersion = 1, AsOf = Sample.Now,
    };

    [Fact]
    public void Every_state_has_a_sentence_of_its_own_that_says_why()
    {
        var rows = CoverageStates.InOrder.Select(state => Row with { State = state }).ToList();
        Assert.Equal(rows.Count, rows.Select(RowWords.Reason).Distinct(StringComparer.Ordinal).Count());
        Assert.All(rows.Select(RowWords.Reason), sentence => Assert.EndsWith(".", sentence, StringComparison.Ordinal));
        Assert.Contains("after run 5 made", RowWords.Reason(Row with { State = CoverageState.StaleText }), StringComparison.Ordinal);
        Assert.Contains("2 dimensions instead of 3", RowWords.Reason(Row with { State = CoverageState.Invalid, Vector = new float[2] }), StringComparison.Ordinal);
        Assert.Contains("All numbers of the vector are 0", RowWords.Reason(Row with { State = CoverageState.Invalid, Vector = new float[3] }), StringComparison.Ordinal);
        Assert.Contains("Run 5 wrote one, and it is gone", RowWords.Reason(Row with { State = CoverageState.Missing, Vector = null }), StringComparison.Ordinal);
        Assert.DoesNotContain("Run", RowWords.Reason(Row with { State = CoverageState.Missing, Vector = null, Stamp = null }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_differs_from_the_settings_is_named()
    {
        var other = Row with { State = CoverageState.StaleConfig, Stamp = Row.Stamp! with { MadeBy = Model with { Model = "ada-002", Host = "elsewhere" }, SameRecipe = false } };
        Assert.Equal(
            "The vector was made otherwise than the settings say now: host elsewhere instead of api.openai.com, model ada-002 instead of text-embedding-3-small, another text recipe.",
            RowWords.Reason(other));
    }

    [Fact]
    public void What_the_state_does_not_say_is_a_warning()
    {
        Assert.Empty(RowWords.Warnings(Row));
        Assert.Contains("filter leaves this row out", Assert.Single(RowWords.Warnings(Row with { Counts = false })), StringComparison.Ordinal);
        Assert.Contains("another vector than the one that run 5 wrote", Assert.Single(RowWords.Warnings(Row with { Stamp = Row.Stamp! with { SameVector = false } })), StringComparison.Ordinal);
        Assert.Contains("100 bytes", Assert.Single(RowWords.Warnings(Row with { Bytes = 101 })), StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_that_stopped_says_how_far_it_came() => Assert.Equal(
        "Looked at 180,000 rows up to key abc; none yet.", RowWords.Stopped(new([], null, "abc", 180_000, "abc", Sample.Now)));
}
