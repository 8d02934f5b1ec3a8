using EmbeddingAdmin.Core.Tests.Tables;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Core.Tests.Text;

/// <summary>Which columns a text is made of and rows are chosen by: whoever reads for us needs the right to these.</summary>
public sealed class SourceTextColumnsTests
{
    private static readonly TableFacts Known = Facts.Of("title text", "body text", "meta jsonb", "odd->name text");

    [Theory]
    [InlineData("{title}", "title")]
    [InlineData("{title} by {body}\n{title}", "title, body")]
    [InlineData("{meta->author->name}\n{meta}", "meta")]
    [InlineData("{odd->name}", "odd->name")]
    [InlineData("{{body}} {title}", "title")]
    public void A_text_knows_its_columns(string recipe, string columns) =>
        Assert.Equal(columns, string.Join(", ", SourceText.Compile(TextRecipe.Parse(recipe), Facts.Table, Known).Columns));

    [Theory]
    [InlineData(null, "")]
    [InlineData("title=eq.a", "title")]
    [InlineData("title=eq.body=x&body=not.is.null&title=neq.b", "title, body")]
    public void A_filter_knows_its_columns(string? filter, string columns) => Assert.Equal(columns, string.Join(", ", RowFilter.Columns(filter)));
}
