namespace EmbeddingAdmin.Core.Tests;

public sealed class NearMatchTests
{
    [Theory]
    [InlineData("titel", "title", "title")]
    [InlineData("Title", "title,body", "title")]
    [InlineData("embedding", "body,preference_embedding", "preference_embedding")]
    [InlineData("embeding", "embedding,body", "embedding")]
    [InlineData("stories", "invoices,users", "")]
    [InlineData("id", "in,it,is,if", "if,in,is")]
    [InlineData("x", "", "")]
    public void The_nearest_names_are_found_and_far_ones_are_not(string name, string known, string near) =>
        Assert.Equal(near, string.Join(',', NearMatch.Of(name, known.Split(',', StringSplitOptions.RemoveEmptyEntries))));

    [Fact]
    public void It_is_asked_as_a_question() => Assert.Equal((" Did you mean a or b?", ""), (NearMatch.Question(["a", "b"]), NearMatch.Question([])));
}
