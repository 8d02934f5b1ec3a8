using EmbeddingAdmin.Access;
using EmbeddingAdmin.Core.Tests.Tables;

namespace EmbeddingAdmin.Core.Tests.Access;

public sealed class MissingGrantsTests
{
    private static readonly RoleFacts Writer = new()
    {
        Name = "the writer", Superuser = false, BypassesRowSecurity = false, MayBeTaken = true, Filtered = false, UsesSchema = true,
        Selects = ["id", "title", "content", "status", "embedding"], Updates = ["embedding"], Others = [], StatementTimeout = null,
    };

    [Fact]
    public void A_run_reads_the_key_the_vector_the_texts_columns_the_filters_and_the_owners_where_it_is_asked_for_one()
    {
        var target = Stories.Of(Facts.Table with { Filter = "status=eq.published&status=not.is.null", Owner = "content" });

        Assert.Equal(["id", "embedding", "title", "content", "status"], MissingGrants.Read(target, byOwner: false));
        Assert.Equal(["id", "embedding", "title", "content"], MissingGrants.Read(Stories.Target, byOwner: false));
        Assert.Equal(["id", "embedding", "title", "content", "status"], MissingGrants.Read(Stories.Of(Facts.Table with { Owner = "status" }), byOwner: true));
    }

    [Fact]
    public void Nothing_is_missing_where_all_that_is_needed_is_granted()
    {
        Assert.True(Missing(Writer).None);
        Assert.True(Missing(Writer with { Updates = [] }, writes: false).None);
    }

    [Theory]
    [InlineData("id,title,content,status,embedding", "", true, "UPDATE of embedding", "grant update (\"embedding\") on \"public\".\"stories\" to \"the writer\";")]
    [InlineData("id", "embedding", true, "SELECT of embedding, title, content", "grant select (\"embedding\", \"title\", \"content\") on \"public\".\"stories\" to \"the writer\";")]
    [InlineData("id,title", "", false, "USAGE of the schema public and SELECT of embedding, content and UPDATE of embedding",
        "grant usage on schema \"public\" to \"the writer\"; grant select (\"embedding\", \"content\"), update (\"embedding\") on \"public\".\"stories\" to \"the writer\";")]
    public void What_is_missing_is_named_and_granted_and_nothing_else(string selects, string updates, bool schema, string words, string statement)
    {
        var missing = Missing(Writer with { Selects = selects.Split(','), Updates = updates.Split(',', StringSplitOptions.RemoveEmptyEntries), UsesSchema = schema });

        Assert.False(missing.None);
        Assert.Equal((words, statement), (missing.InWords, missing.Statement(Stories.Target, Writer.Name)));
    }

    private static MissingGrants Missing(RoleFacts role, bool writes = true) => MissingGrants.Of(role, Stories.Target, MissingGrants.Read(Stories.Target, byOwner: false), writes);
}
