using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Database.Tests.Tables;

public sealed class RowFilterTests(AssemblyStack stack) : IAsyncLifetime
{
    private TestDatabase? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await stack.Postgres.CloneAsync(TestPostgres.Empty, Cancel);
        await _database.ExecuteAsync(
            """
            create type colour as enum ('red', 'dark blue');
            create table things (id int primary key, name text, size numeric(4,1), kind varchar(3), colour colour, sold boolean, made timestamptz, embedding extensions.vector(3));
            insert into things values (1, 'one', 1.5, 'abc', 'red', true, '2026-01-01Z'), (2, 'it''s', 2, 'abd', 'dark blue', false, '2026-02-01Z'), (3, null, null, null, null, null, null), (4, '50%_off', 10.4, 'x', 'red', true, null)
            """, Cancel);
    }

    public ValueTask DisposeAsync() => _database!.DisposeAsync();

    /// <summary>A condition and the opposite part the rows between them, those with NULL going to the opposite.</summary>
    [Theory]
    [InlineData("name=eq.one", "1")]
    [InlineData("name=eq.it's", "2")]
    [InlineData("name=neq.one", "2,4")]
    [InlineData("size=gt.1.5", "2,4")]
    [InlineData("size=gte.1.5", "1,2,4")]
    [InlineData("size=lt.2", "1")]
    [InlineData("size=lte.2", "1,2")]
    [InlineData("size=eq.10.44", "")]
    [InlineData("kind=eq.abcd", "")]
    [InlineData("kind=in.(abc,abd)", "1,2")]
    [InlineData("name=like.*o*", "1,4")]
    [InlineData("name=like.O*", "")]
    [InlineData("name=ilike.O*", "1")]
    [InlineData("colour=eq.dark blue", "2")]
    [InlineData("colour=in.(red,\"dark blue\")", "1,2,4")]
    [InlineData("name=is.null", "3")]
    [InlineData("sold=is.true", "1,4")]
    [InlineData("sold=is.false", "2")]
    [InlineData("made=gte.2026-01-15", "2")]
    [InlineData("name=eq.' or true --", "")]
    [InlineData("name=eq.x'); drop table things; --", "")]
    [InlineData("name=in.(x) or true,y)", "")]
    public async Task A_condition_and_its_opposite_part_the_rows_between_them(string filter, string ids)
    {
        var at = filter.IndexOf('=', StringComparison.Ordinal) + 1;
        var opposite = string.Join(',', new[] { 1, 2, 3, 4 }.Select(id => $"{id}").Except(ids.Split(','), StringComparer.Ordinal));

        Assert.Equal((ids, opposite), (await RowsAsync(filter), await RowsAsync(filter.Insert(at, "not."))));
        Assert.Equal("", await RowsAsync($"{filter}&{filter.Insert(at, "not.")}"));
    }

    private async Task<string> RowsAsync(string filter)
    {
        var table = new EmbeddingTable { Name = "things", Table = "things", Vector = "embedding", Filter = filter };
        var target = await new TableCatalog(_database!.DataSource, [table], new RecipeBook(_database.DataSource), Options.Create(new EmbeddingOptions())).ResolveAsync(table, Cancel);
        return await _database.ScalarAsync<string>($"select coalesce(string_agg(id::text, ',' order by id), '') from {target.Relation} t where {target.Filter}", Cancel) ?? "";
    }
}
