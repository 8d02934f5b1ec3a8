using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class SourceTextTests(AssemblyStack stack)
{
    public static TheoryData<string, string> Rows => new()
    {
        { "('A title', 'Its text', array['x', 'y'], null)", "A title\nIts text\nTags: x, y" },
        { "(null, E' kept as it is \\n', '{}', null)", " kept as it is \n" },
        { "(E' \\t\\u00a0', null, null, null)", "" },
        { "(null, null, null, '{\"b\": [\"two\", \"three\"], \"a\": \"one\", \"c\": [], \"d\": null, \"e\": {\"f\": 1}}')", "a: one\nb: two, three\ne: {\"f\": 1}" },
        { "(null, null, null, '[\"x\", \"y\"]')", "x, y" },
        { "(null, null, null, 'null')", "" },
        { "('👩‍👩‍👧 مرحبا', '日本語 <|endoftext|>', null, '{\"ü\": [\"ß\"]}')", "👩‍👩‍👧 مرحبا\n日本語 <|endoftext|>\nü: ß" },
        { "('it''s', 'a \"quote\"', null, null)", "it's\na \"quote\"" },
    };

    private static readonly EmbeddingTable Stories = EmbeddingTable.Defaults[0] with { Text = "{title}\n{content}\nGenre: {genre}\nTags: {tags}" };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_rows_text_is_what_the_recipe_says(string row, string text)
    {
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Empty, TestEngine.Cancel);
        await database.ExecuteAsync(
            $"create table \"odd \"\"name\" (id int primary key, a text, b text, c text[], d jsonb, v extensions.vector(3)); insert into \"odd \"\"name\" (id, a, b, c, d) select 1, a::text, b::text, c::text[], d::jsonb from (values {row}) as x(a, b, c, d)",
            TestEngine.Cancel);
        var table = new EmbeddingTable { Name = "odd", Table = "odd \"name", Vector = "v", Text = "{a}\n{b}\nTags: {c}\n{d}" };

        var target = await Catalog(database, table).ResolveAsync(table, TestEngine.Cancel);

        Assert.Equal(text, await database.ScalarAsync<string>($"select {target.Text.Expression} from {target.Relation} t", TestEngine.Cancel));
        Assert.Equal(text.Length == 0, await database.ScalarAsync<bool>($"select {target.Text.IsBlank} from {target.Relation} t", TestEngine.Cancel));
        Assert.Equal(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)),
            await database.ScalarAsync<byte[]>($"select {target.Text.Hash} from {target.Relation} t", TestEngine.Cancel));
    }

    [Theory]
    [InlineData("create table stories (id int primary key, title text)", ErrorCodes.VectorColumn)]
    [InlineData("create table stories (id int primary key, title text, content text, genre text, tags text[], embedding jsonb)", ErrorCodes.VectorColumn)]
    [InlineData("create table stories (id int primary key, title text, content text, genre text, tags text[], embedding extensions.vector)", ErrorCodes.VectorWithoutSize)]
    [InlineData("create table stories (id int, title text, content text, genre text, tags text[], embedding extensions.vector(3))", ErrorCodes.TableKey)]
    [InlineData("create table stories (id int, other int, title text, content text, genre text, tags text[], embedding extensions.vector(3), primary key (id, other))", ErrorCodes.TableKey)]
    [InlineData("create table stories (id int primary key, title text, content text, genre text, embedding extensions.vector(3))", ErrorCodes.RecipeColumn)]
    [InlineData("create view stories as select 1 as id", ErrorCodes.TableKind)]
    [InlineData("select 1", ErrorCodes.TableMissing)]
    public async Task A_table_that_cannot_be_used_is_refused_with_its_code(string sql, string code)
    {
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Empty, TestEngine.Cancel);
        await database.ExecuteAsync(sql, TestEngine.Cancel);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(
            () => Catalog(database, Stories).ResolveAsync(Stories, TestEngine.Cancel));

        Assert.Equal(code, refused.Code);
    }

    private static TableCatalog Catalog(TestDatabase database, EmbeddingTable table) =>
        new(database.DataSource, [table], new RecipeBook(database.DataSource), Options.Create(new EmbeddingOptions()));
}
