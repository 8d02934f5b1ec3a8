using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class KeyListTests
{
    [Theory]
    [InlineData("a,b,c", "a|b|c")]
    [InlineData("a\nb\r\n\r\n c \n", "a|b|c")]
    [InlineData(" a , b ,, c,", "a|b|c")]
    [InlineData("\"a,b\",c", "a,b|c")]
    [InlineData("\" a \"\"b\"\" \"", " a \"b\" ")]
    [InlineData("\"a\nb\", c", "a\nb|c")]
    [InlineData("5\" disk, b", "5\" disk|b")]
    [InlineData("\"not closed, a", "not closed, a")]
    [InlineData("a,a", "a|a")]
    [InlineData(" \n , ", "")]
    public void Keys_are_read_as_they_are_pasted(string typed, string keys) =>
        Assert.Equal(keys, string.Join('|', KeyList.Read(typed)));
}
