using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Core.Tests.Writing;

public sealed class RowFaultTests
{
    [Theory]
    [InlineData("new row for relation \"stories\" violates check constraint \"no_sevens\"", "", "new row for relation … violates check constraint …")]
    [InlineData("invalid input syntax for type integer: \"Moonlight", "", "invalid input syntax for type integer: …")]
    [InlineData("Key (title)=(Moonlight) is taken (again)", "", "Key …")]
    [InlineData("No 'Moonlight' and no “Moonlight” and no «Moonlight»", "", "No … and no … and no …")]
    [InlineData("Bad title: Moonlight over Paris", "Moonlight over Paris\nA story of two", "Bad title: … … …")]
    [InlineData("Bad title:\nMOONLIGHT", "moonlight", "Bad title: …")]
    public void A_sentence_of_the_database_tells_nothing_of_the_row(string sentence, string text, string shown) => Assert.Equal(shown, RowFault.Scrub(sentence, text));
}
