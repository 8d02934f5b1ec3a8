using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Database.Tests.Tables;

/// <summary>What cannot be used is refused with its code, its reason and a cure, by the settings and by discovery alike.</summary>
public sealed class RefusedTablesTests(AssemblyStack stack) : IAsyncLifetime
{
    private TestDatabase? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    private static EmbeddingTable Stories => new() { Name = "stories", Table = "stories", Vector = "embedding" };

    public async ValueTask InitializeAsync() => _database = await stack.Postgres.CloneAsync(TestPostgres.Empty, Cancel);

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    [Theory]
    [InlineData(ErrorCodes.TableKey, "a primary key of several columns (region, number)", "create table odd (region int, number int, body text, embedding extensions.vector(3), primary key (region, number))")]
    [InlineData(ErrorCodes.TableKey, "no primary key", "create table odd (id int, body text, embedding extensions.vector(3))")]
    [InlineData(ErrorCodes.TableKey, "is smallint", "create table odd (id smallint primary key, body text, embedding extensions.vector(3))")]
    [InlineData(ErrorCodes.TableKey, "no primary key", "create table odd (id int unique, body text, embedding extensions.vector(3))")]
    [InlineData(ErrorCodes.TableKey, "no primary key", "create table odd (id int not null, body text, embedding extensions.vector(3)); create unique index on odd (id) where body <> ''")]
    [InlineData(ErrorCodes.TableKind, "is a view", "create table real (id int primary key, body text, embedding extensions.vector(3)); create view odd as select * from real")]
    [InlineData(ErrorCodes.TableKind, "is a materialized view", "create materialized view odd as select 1 as id, 'x'::text as body, '[1,2,3]'::extensions.vector(3) as embedding")]
    [InlineData(ErrorCodes.TableKind, "is a foreign table", "create foreign data wrapper nothing; create server elsewhere foreign data wrapper nothing; create foreign table odd (id int, body text, embedding extensions.vector(3)) server elsewhere")]
    [InlineData(ErrorCodes.VectorColumn, "is a generated column", "create table odd (id int primary key, body text, embedding extensions.vector(3) generated always as (extensions.array_to_vector(array[1,2,3], 3, true)) stored)")]
    [InlineData(ErrorCodes.VectorWithoutSize, "without a size", "create table odd (id int primary key, body text, embedding extensions.halfvec)")]
    public async Task What_discovery_finds_and_cannot_use_is_listed_with_the_reason_that_the_settings_would_hear(string code, string reason, string sql)
    {
        await Database.ExecuteAsync(sql, Cancel);
        var catalog = Catalog();

        var found = Assert.Single((await new Discovery(Database.DataSource, catalog).ReadAsync(Cancel)).Found, column => column.Facts.Name == "odd");
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => catalog.ResolveAsync(found.Entry, Cancel));

        Assert.Equal((code, refused.Message), (found.Fault?.Code, found.Fault?.Message));
        Assert.Equal(code, refused.Code);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_partition_is_not_listed_beside_its_table_and_neither_are_the_systems_tables_and_ours()
    {
        await Database.ExecuteAsync(
            """
            create table parted (id int primary key, body text, embedding extensions.vector(3)) partition by hash (id);
            create table part partition of parted for values with (modulus 1, remainder 0);
            create schema embedding_admin; create table embedding_admin.ours (id int primary key, body text, embedding extensions.vector(3));
            create temp table passing (id int primary key, body text, embedding extensions.vector(3));
            create table sparse (id int primary key, body text, embedding extensions.sparsevec(3));
            insert into parted select n, 'x' from generate_series(1, 50) n;
            """, Cancel);

        var catalog = Catalog();
        var before = Assert.Single((await new Discovery(Database.DataSource, catalog).ReadAsync(Cancel)).Found);
        await Database.ExecuteAsync("analyze parted", Cancel);
        var after = Assert.Single((await new Discovery(Database.DataSource, catalog).ReadAsync(Cancel)).Found);

        Assert.Equal(("parted", -1d, 50d), (before.Facts.Name, before.Facts.EstimatedRows, after.Facts.EstimatedRows));
    }

    [Fact]
    public async Task Names_are_made_unique_by_column_schema_and_number()
    {
        await Database.ExecuteAsync(
            """
            create schema shop; create schema "Shop";
            create table items (id int primary key, embedding extensions.vector(3));
            create table "Items" (id int primary key, embedding extensions.vector(3));
            create table shop.items (id int primary key, embedding extensions.vector(3));
            create table "Shop".items (id int primary key, a extensions.vector(3), b extensions.vector(3));
            create table "日本" (id int primary key, embedding extensions.vector(3));
            create table "__a__b!!" (id int primary key, embedding extensions.vector(3));
            """, Cancel);

        var found = (await new Discovery(Database.DataSource, Catalog(Stories with { Name = "items", Table = "none" })).ReadAsync(Cancel)).Found;

        Assert.Distinct(found.Select(column => column.Entry.Name));
        Assert.DoesNotContain("items", found.Select(column => column.Entry.Name));
        Assert.Contains("a-b", found.Select(column => column.Entry.Name));
        Assert.Contains("table", found.Select(column => column.Entry.Name));
        Assert.Contains("items-a", found.Select(column => column.Entry.Name));
    }

    [Theory]
    [InlineData("stories", "create schema shop; create table shop.stories (id int)", "Did you mean shop.stories?")]
    [InlineData("stories", "create schema shop; create table shop.\"Stories\" (id int)", "Did you mean shop.Stories?")]
    [InlineData("stories", "create table storys (id int)", "Did you mean public.storys?")]
    [InlineData("stories", "create table story (id int)", "Did you mean public.story?")]
    [InlineData("stories", "create table invoices (id int)", "or make the table.")]
    public async Task B28_A_table_that_is_missing_or_in_another_schema_is_refused_with_what_may_have_been_meant(string name, string sql, string ends)
    {
        await Database.ExecuteAsync(sql, Cancel);

        var refused = await Refusal(Stories with { Table = name });

        Assert.Equal(ErrorCodes.TableMissing, refused.Code);
        Assert.StartsWith("The table public.stories is not there. Nothing was read or written.", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(ends, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("title text", "has no column embedding", "extensions\".\"vector\"(1536);")]
    [InlineData("title text, embeding extensions.vector(3)", "has no column embedding", "Did you mean embeding?")]
    [InlineData("title text, story_embedding extensions.vector(3)", "has no column embedding", "Did you mean story_embedding?")]
    [InlineData("title text, embedding jsonb", "is jsonb, not a vector column", "in Vector.")]
    [InlineData("title text, embedding text", "is text, not a vector column", "in Vector.")]
    [InlineData("title text, embedding real[]", "is real[], not a vector column", "in Vector.")]
    [InlineData("title text, embedding extensions.sparsevec(3)", "is extensions.sparsevec(3), not a vector column", "in Vector.")]
    public async Task B29_A_vector_column_that_is_missing_or_of_another_type_is_refused(string columns, string says, string ends)
    {
        await Database.ExecuteAsync($"create table stories (id int primary key, {columns}); alter database {Database.Name} set search_path = public", Cancel);
        await using var fresh = Npgsql.NpgsqlDataSource.Create(Database.ConnectionString + ";Pooling=false");

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => Catalog(fresh, Stories).ResolveAsync(Stories, Cancel));

        Assert.Equal(ErrorCodes.VectorColumn, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(ends, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B30_A_database_without_the_extension_is_refused_with_the_statement_that_switches_it_on()
    {
        await Database.ExecuteAsync("drop extension vector; create table stories (id int primary key, title text, embedding text)", Cancel);

        var refused = await Refusal(Stories);

        Assert.Equal((ErrorCodes.VectorExtension, "The database has no vector extension. Nothing was written. Switch it on: create extension vector with schema extensions;"), (refused.Code, refused.Message));
        var seen = await new Discovery(Database.DataSource, Catalog(Stories)).ReadAsync(Cancel);
        Assert.Empty(seen.Found);
        Assert.Equal(ErrorCodes.VectorExtension, Assert.Single(seen.Configured).Fault?.Code);
    }

    [Fact]
    public async Task B31_A_column_without_a_size_needs_the_dimensions_in_the_settings()
    {
        await Database.ExecuteAsync("create table stories (id int primary key, title text, embedding extensions.vector)", Cancel);

        var refused = await Refusal(Stories);
        var target = await Catalog(Database.DataSource, Stories, dimensions: 12).ResolveAsync(Stories, Cancel);

        Assert.Equal(ErrorCodes.VectorWithoutSize, refused.Code);
        Assert.Contains("Embeddings:Dimensions", refused.Message, StringComparison.Ordinal);
        Assert.Contains("alter table \"public\".\"stories\" alter column \"embedding\" type \"extensions\".\"vector\"(1536);", refused.Message, StringComparison.Ordinal);
        Assert.Equal(12, target.Dimensions);
    }

    [Theory]
    [InlineData(null, "titel", null, ErrorCodes.TableKey, "Did you mean title?")]
    [InlineData(null, "body", null, ErrorCodes.TableKey, "is not unique and not null by itself")]
    [InlineData("user", null, null, ErrorCodes.TableColumn, "name the column user, which public.stories does not have")]
    [InlineData(null, null, "colour=eq.red", ErrorCodes.TableFilter, "names the column colour")]
    [InlineData(null, null, "id=eq.many", ErrorCodes.TableFilter, "invalid input syntax for type integer")]
    [InlineData(null, null, "meta=eq.{}", ErrorCodes.TableFilter, "operator does not exist")]
    [InlineData(null, null, "title=is.true", ErrorCodes.TableFilter, "must be type boolean")]
    public async Task Settings_that_name_what_is_not_there_are_refused(string? owner, string? key, string? filter, string code, string says)
    {
        await Database.ExecuteAsync("create table stories (id int primary key, title text, body text, meta json, embedding extensions.vector(3))", Cancel);

        var refused = await Refusal(Stories with { Owner = owner, Key = key, Filter = filter });

        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_of_the_settings_that_names_a_missing_column_says_which_may_be_meant()
    {
        await Database.ExecuteAsync("create table stories (id int primary key, title text, embedding extensions.vector(3))", Cancel);

        var missing = await Refusal(Stories with { Text = "{titel}" });
        var vector = await Refusal(Stories with { Text = "{embedding}" });

        Assert.Equal((ErrorCodes.RecipeColumn, ErrorCodes.RecipeColumn), (missing.Code, vector.Code));
        Assert.EndsWith("Did you mean title?", missing.Message, StringComparison.Ordinal);
        Assert.Contains("gives no text", vector.Message, StringComparison.Ordinal);
    }

    private Task<EmbeddingAdminException> Refusal(EmbeddingTable table) => Assert.ThrowsAsync<EmbeddingAdminException>(() => Catalog(table).ResolveAsync(table, Cancel));

    private TableCatalog Catalog(params EmbeddingTable[] tables) => Catalog(Database.DataSource, tables);

    private static TableCatalog Catalog(Npgsql.NpgsqlDataSource database, params EmbeddingTable[] tables) => Catalog(database, tables, null);

    private static TableCatalog Catalog(Npgsql.NpgsqlDataSource database, EmbeddingTable table, int dimensions) => Catalog(database, [table], dimensions);

    private static TableCatalog Catalog(Npgsql.NpgsqlDataSource database, EmbeddingTable[] tables, int? dimensions) =>
        new(database, tables, new RecipeBook(database), Options.Create(new EmbeddingOptions { Dimensions = dimensions }));
}
