using EmbeddingAdmin.Core.Tests.Tables;
using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Core.Tests.Text;

public sealed class TextRecipeTests
{
    [Theory]
    [InlineData("{title}", "[title]")]
    [InlineData("{title}\n{content}", "[title]|[content]")]
    [InlineData("\r\n{title}  \r\n\r\n  {content}\r\n", "[title]|  [content]")]
    [InlineData("Genre: {genre}", "Genre: [genre]")]
    [InlineData("{first} {last}, {first}", "[first] [last], [first]")]
    [InlineData("{Full Title}", "[Full Title]")]
    [InlineData("{meta->author->name}", "[meta->author->name]")]
    [InlineData("{{{title}", "{[title]")]
    [InlineData("{{x}} {title}", "{x} [title]")]
    [InlineData("{we{{ird}}}", "[we{ird}]")]
    [InlineData("{日本}", "[日本]")]
    public void A_recipe_is_read_into_lines_of_words_and_columns(string template, string lines)
    {
        Assert.Null(TextRecipe.Fault(template));
        Assert.Equal(lines, string.Join('|', TextRecipe.Parse(template).Lines.Select(line => string.Concat(line.Select(piece => piece.IsColumn ? $"[{piece.Text}]" : piece.Text)))));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(" \n\t\r\n", "is empty")]
    [InlineData("title", "names no column in line 1; put one in braces, such as {title}")]
    [InlineData("{title}\nGenre:", "names no column in line 2")]
    [InlineData("{{title}}", "names no column in line 1")]
    [InlineData("{title", "has a brace in line 1")]
    [InlineData("title}", "has a brace in line 1")]
    [InlineData("{}", "has a brace in line 1")]
    [InlineData("{a{b}}", "has a brace in line 1")]
    [InlineData("{a}\n{b}\n{c}}", "has a brace in line 3")]
    [InlineData("{a\0}", "holds a NUL character in line 1")]
    public void What_is_no_recipe_is_refused_with_the_line(string template, string reason)
    {
        Assert.StartsWith(reason, TextRecipe.Fault(template), StringComparison.Ordinal);
        var refused = Assert.Throws<EmbeddingAdminException>(() => TextRecipe.Parse(template));
        Assert.Equal(ErrorCodes.RecipeColumn, refused.Code);
        Assert.StartsWith($"The text recipe {reason}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_lines_than_Postgres_can_join_are_refused()
    {
        Assert.Null(TextRecipe.Fault(string.Join('\n', Enumerable.Repeat("{a}", 99))));
        Assert.Equal("has more than 99 lines", TextRecipe.Fault(string.Join('\n', Enumerable.Repeat("{a}", 100))));
    }

    [Theory]
    [InlineData("title")]
    [InlineData("we{ird}")]
    [InlineData("}")]
    [InlineData("a{{")]
    [InlineData("a -> b")]
    [InlineData(" spaces ")]
    public void A_columns_name_that_is_written_down_is_read_again(string column)
    {
        var piece = Assert.Single(Assert.Single(TextRecipe.Parse(TextRecipe.Name(column)).Lines));
        Assert.Equal(new RecipePiece(column, true), piece);
        Assert.True(TextRecipe.CanName(column));
    }

    [Theory]
    [InlineData("{x")]
    [InlineData("{")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public void A_column_that_cannot_be_written_down_is_neither_proposed_nor_offered(string column)
    {
        Assert.False(TextRecipe.CanName(column));
        var facts = Facts.Of($"{column} text", "title text");
        Assert.Equal("{title}", RecipeProposal.Of(facts));
        Assert.Equal(["id", "title"], facts.Columns.Where(SourceText.GivesText).Select(known => known.Name));
    }

    [Fact]
    public void Blank_lines_and_line_endings_make_no_other_recipe_and_words_and_order_do()
    {
        var facts = Facts.Of("title text", "content text");
        string Identity(string template) => SourceText.Compile(TextRecipe.Parse(template), Facts.Table, facts).Recipe;

        Assert.Equal(Identity("{title}\n{content}"), Identity("\r\n{title}\r\n\r\n{content} \r\n"));
        Assert.Distinct(new[] { "{title}\n{content}", "{content}\n{title}", "{title} {content}", "Title: {title}\n{content}", "title: {title}\n{content}", "{title}" }.Select(Identity));
    }

    [Fact]
    public void A_label_stays_a_label_whatever_it_looks_like()
    {
        var line = Assert.Single(SourceText.Compile(TextRecipe.Parse("'); drop table stories; -- \\ {title}"), Facts.Table, Facts.Of("title text")).Lines);
        Assert.Contains("E'''); drop table stories; -- \\\\ '", line, StringComparison.Ordinal);
    }
}
