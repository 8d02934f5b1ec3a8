using EmbeddingAdmin.Core.Tests.Tables;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Core.Tests.Access;

/// <summary>A resolved table.</summary>
internal static class Stories
{
    public static Target Target { get; } = Of(Facts.Table);

    public static Target Of(EmbeddingTable table)
    {
        var facts = Facts.Of("title text", "content text", "status text");
        return new()
        {
            Table = table,
            Facts = facts,
            Relation = SqlName.Of("public", "stories"),
            Key = SqlName.Of("id"),
            KeyName = "id",
            KeyType = "bigint",
            Vector = SqlName.Of("embedding"),
            VectorType = SqlName.Of("extensions", "vector"),
            HalfPrecision = false,
            Filter = RowFilter.Compile(table, facts),
            Dimensions = 1536,
            Text = SourceText.Compile(TextRecipe.Parse("{title}\n{content}\nAgain: {title}"), table, facts),
            Recipe = new("{title}\n{content}", RecipeOrigin.Confirmed),
        };
    }
}
