using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Core.Tests.Tables;

public sealed class SqlNameTests
{
    [Theory]
    [InlineData("stories", "\"stories\"")]
    [InlineData("Odd Name", "\"Odd Name\"")]
    [InlineData("a\"; drop table x; --", "\"a\"\"; drop table x; --\"")]
    public void A_name_is_always_quoted(string name, string quoted) => Assert.Equal(quoted, SqlName.Of(name).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void What_Postgres_cannot_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => SqlName.Of(name));
}
