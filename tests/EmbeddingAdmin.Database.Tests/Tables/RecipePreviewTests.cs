using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Text;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Database.Tests.Tables;

public sealed class RecipePreviewTests(AssemblyStack stack) : IAsyncLifetime
{
    private static readonly EmbeddingTable Table = new() { Name = "stories", Table = "stories", Vector = "embedding", Text = "{title}\n{content}\nTags: {tags}" };

    private TestDatabase? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = await stack.Postgres.CloneAsync(TestPostgres.Empty, Cancel);
        await Database.ExecuteAsync("create table stories (id int primary key, title text, content text, tags text[], status text default 'published', embedding extensions.vector(3))", Cancel);
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    [Fact]
    public async Task Twenty_rows_come_from_all_over_the_table_with_the_longest_an_incomplete_and_a_blank_one_among_them()
    {
        await Database.ExecuteAsync(
            """
            insert into stories (id, title, content, tags) select n, 'title ' || n, 'content', '{a}' from generate_series(1, 1000) n;
            update stories set content = repeat('é', 500) where id = 333;
            update stories set content = ' ', tags = null where id = 666;
            update stories set title = null, content = null, tags = '{}' where id = 999
            """, Cancel);

        var first = await ReadAsync(Table);
        var again = await ReadAsync(Table);

        Assert.Equal(20, first.Rows.Count);
        Assert.Equal(first.Rows.Select(row => row.Key), again.Rows.Select(row => row.Key));
        var keys = first.Rows.Select(row => int.Parse(row.Key, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(keys.Order(), keys);
        Assert.All(Enumerable.Range(0, 4), quarter => Assert.Contains(keys, key => (key - 1) / 250 == quarter));
        Assert.Equal(("title 333\n" + new string('é', 500) + "\nTags: a", 1018), (Row(first, 333).Text, Row(first, 333).Bytes));
        Assert.Equal(["{content}", "Tags: {tags}"], Row(first, 666).LeftOut);
        Assert.Equal(("", 0), (Row(first, 999).Text, Row(first, 999).Bytes));
    }

    [Fact]
    public async Task A_large_table_is_looked_at_here_and_there_and_a_filter_that_few_rows_pass_still_finds_them()
    {
        await Database.ExecuteAsync(
            """
            insert into stories (id, title, content) select n, 'title ' || n, repeat('x', 1000) from generate_series(1, 20000) n;
            update stories set status = 'draft' where id in (17, 4242, 19999)
            """, Cancel);

        var everywhere = await ReadAsync(Table);
        var drafts = await ReadAsync(Table with { Filter = "status=eq.draft" });

        var keys = everywhere.Rows.Select(row => int.Parse(row.Key, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(20, keys.Count);
        Assert.All(Enumerable.Range(0, 4), quarter => Assert.Contains(keys, key => (key - 1) / 5000 == quarter));
        Assert.Equal(["17", "4242", "19999"], drafts.Rows.Select(row => row.Key));
    }

    [Fact]
    public async Task An_empty_table_gives_no_rows_and_a_role_that_is_filtered_is_told_so()
    {
        Assert.Empty((await ReadAsync(Table)).Rows);
        await Database.ExecuteAsync(
            """
            insert into stories (id, title) values (1, 'one');
            alter table stories enable row level security;
            do $$ begin if not exists (select from pg_roles where rolname = 'previewer') then create role previewer login password 'previewer'; end if; end $$;
            grant usage on schema public, extensions to previewer; grant select on stories to previewer
            """, Cancel);
        await using var filtered = Npgsql.NpgsqlDataSource.Create(new Npgsql.NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = "previewer", Password = "previewer", Pooling = false });
        var target = await Catalog(filtered).ResolveAsync(Table, Cancel);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => new RecipePreview(filtered).ReadAsync(target, Cancel));

        Assert.Equal(ErrorCodes.RowSecurity, refused.Code);
    }

    [Fact]
    public async Task As_many_lines_as_a_recipe_may_have_still_make_a_text()
    {
        await Database.ExecuteAsync("insert into stories (id, title) values (1, 'one')", Cancel);

        var sample = await ReadAsync(Table with { Text = string.Join('\n', Enumerable.Range(1, 99).Select(n => $"{n} {{title}}")) });

        Assert.Equal(string.Join('\n', Enumerable.Range(1, 99).Select(n => $"{n} one")), Assert.Single(sample.Rows).Text);
    }

    private static PreviewRow Row(RecipeSample sample, int key) => Assert.Single(sample.Rows, row => row.Key == $"{key}");

    private async Task<RecipeSample> ReadAsync(EmbeddingTable table) => await new RecipePreview(Database.DataSource).ReadAsync(await Catalog(Database.DataSource).ResolveAsync(table, Cancel), Cancel);

    private static TableCatalog Catalog(Npgsql.NpgsqlDataSource database) => new(database, [Table], new RecipeBook(database), Options.Create(new EmbeddingOptions()));
}
