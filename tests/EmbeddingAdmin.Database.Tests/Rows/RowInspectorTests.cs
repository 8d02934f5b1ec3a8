using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class RowInspectorTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_row_is_shown_with_its_text_its_vector_and_how_that_was_made()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await engine.Database.ExecuteAsync("update stories set content = E'Grüße <b>\\u202E 🦊', genre = null, tags = '{}' where id = 1", TestEngine.Cancel);
        var run = await engine.BackfillAsync();

        var row = await ReadAsync(engine, "1");

        Assert.Equal(await engine.Database.ScalarAsync<string>("select title || E'\\n' || content from stories where id = 1", TestEngine.Cancel), row.Text);
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(row.Text), row.Bytes);
        Assert.Equal(row.Text.EnumerateRunes().Count(), row.Characters);
        Assert.Equal(["Genre: {genre}", "Tags: {tags}"], row.LeftOut);
        Assert.Equal(1, engine.Provider.Counts.Seen(row.Text));
        Assert.Equal(Oracle.Vector(row.Text, TestEngine.Dimensions), row.Vector!.Value.ToArray());
        Assert.Equal((CoverageState.Fresh, true, TestEngine.Dimensions, 1), (row.State, row.Counts, row.Dimensions, row.RecipeVersion));
        Assert.Equal((run.Id, row.Model, 1, true, true), (row.Stamp!.Run, row.Stamp.MadeBy, row.Stamp.RecipeVersion, row.Stamp.SameRecipe, row.Stamp.SameVector));
        Assert.True(row.AsOf >= row.Stamp.At);
    }

    [Fact]
    public async Task Every_state_is_told_with_what_made_it()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync(
            """
            update stories set title = 'edited' where id = 2;
            delete from embedding_admin.stamp where row_key = '3';
            update stories set embedding = (select array_agg(0)::extensions.vector from generate_series(1, 24)) where id = 4;
            update stories set embedding = null where id = 5;
            update stories set title = null, content = null, genre = null, tags = null, embedding = null where id = 6;
            update stories set embedding = (select array_agg(0.5)::extensions.vector from generate_series(1, 24)) where id = 7;
            with other as (insert into embedding_admin.made_from (provider, host, model, dimensions, recipe) values ('openai', 'h', 'older', 24, 'r') returning id)
              update embedding_admin.stamp set made_from = other.id from other where row_key = '8';
            """, TestEngine.Cancel);

        foreach (var (key, state) in new[]
        {
            ("1", CoverageState.Fresh), ("2", CoverageState.StaleText), ("3", CoverageState.Unstamped), ("4", CoverageState.Invalid), ("5", CoverageState.Missing),
            ("6", CoverageState.EmptySource), ("7", CoverageState.Unstamped), ("8", CoverageState.StaleConfig),
        })
            Assert.Equal(state, (await ReadAsync(engine, key)).State);
        Assert.Null((await ReadAsync(engine, "3")).Stamp);
        Assert.Equal((null, false), ((await ReadAsync(engine, "5")).Vector, (await ReadAsync(engine, "5")).Stamp!.SameVector));
        Assert.Equal(("", 0, 0L, 4), ((await ReadAsync(engine, "6")).Text, (await ReadAsync(engine, "6")).Characters, (await ReadAsync(engine, "6")).Bytes, (await ReadAsync(engine, "6")).LeftOut.Count));
        Assert.False((await ReadAsync(engine, "7")).Stamp!.SameVector);
        var other = (await ReadAsync(engine, "8")).Stamp!;
        Assert.Equal(("older", "h", false, null), (other.MadeBy.Model, other.MadeBy.Host, other.SameRecipe, other.RecipeVersion));
    }

    [Fact]
    public async Task A_row_whose_recipe_changed_tells_both_versions()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 2);
        await engine.BackfillAsync();
        await using var changed = engine.Another(null, ("Tables:0:Text", "Title: {title}\n{content}"));
        var (run, lease) = await changed.GetControl().StartHereAsync(new(RunKind.Backfill, "stories") { Keys = ["2"] }, TestEngine.Operator, TestEngine.Cancel);
        await changed.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        var old = await changed.GetRequiredService<RowInspector>().ReadAsync(await changed.TargetAsync(), "1", TestEngine.Cancel);
        var fresh = await changed.GetRequiredService<RowInspector>().ReadAsync(await changed.TargetAsync(), "2", TestEngine.Cancel);
        Assert.Equal((CoverageState.StaleConfig, 1, false, 2), (old!.State, old.Stamp!.RecipeVersion, old.Stamp.SameRecipe, old.RecipeVersion));
        Assert.Equal((CoverageState.Fresh, 2, true, 2), (fresh!.State, fresh.Stamp!.RecipeVersion, fresh.Stamp.SameRecipe, fresh.RecipeVersion));
    }

    [Fact]
    public async Task A_vector_in_half_precision_is_read_as_it_stands_and_a_long_text_is_cut_for_looking_only()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 2);
        await engine.Database.ExecuteAsync($"alter table stories alter column embedding type extensions.halfvec({TestEngine.Dimensions}); update stories set content = repeat('🦊', 30000) where id = 2", TestEngine.Cancel);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Keys = ["1"] });

        var row = await ReadAsync(engine, "1");
        Assert.Equal([.. Oracle.Vector(row.Text, TestEngine.Dimensions).Select(value => (float)(Half)value)], row.Vector!.Value.ToArray());
        Assert.True(row.Stamp!.SameVector);

        var big = await ReadAsync(engine, "2");
        Assert.Equal(RowFacts.MostCharacters, big.Text.EnumerateRunes().Count());
        Assert.True(big.Characters > 30000 && big.Bytes > 120000 && big.Bytes > big.MostBytes, $"{big.Characters} {big.Bytes} {big.MostBytes}");
    }

    [Theory]
    [InlineData("vector")]
    [InlineData("halfvec")]
    public async Task The_hashes_that_decide_are_those_of_the_text_and_of_the_vector_then_and_now(string type)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await engine.Database.ExecuteAsync($"alter table stories alter column embedding type extensions.{type}({TestEngine.Dimensions})", TestEngine.Cancel);
        var bare = await ReadAsync(engine, "1");
        Assert.Equal((null, null), (bare.VectorHash, bare.Stamp));
        await engine.BackfillAsync();

        var fresh = await ReadAsync(engine, "1");
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(fresh.Text))), fresh.TextHash);
        Assert.Equal((fresh.TextHash, fresh.VectorHash, 1), (fresh.Stamp!.TextHash, fresh.Stamp.VectorHash, fresh.Stamp.Page));
        Assert.Equal(Convert.ToHexStringLower(EmbeddingAdmin.Writing.VectorBinary.Hash(fresh.Vector!.Value, type == "halfvec")), fresh.VectorHash);

        await engine.Database.ExecuteAsync("update stories set title = 'edited' where id = 1; update stories set embedding = (select embedding from stories where id = 1) where id = 2", TestEngine.Cancel);
        var (edited, replaced) = (await ReadAsync(engine, "1"), await ReadAsync(engine, "2"));
        Assert.Equal((fresh.TextHash, fresh.VectorHash), (edited.Stamp!.TextHash, edited.VectorHash));
        Assert.NotEqual(edited.Stamp.TextHash, edited.TextHash);
        Assert.NotEqual(replaced.Stamp!.VectorHash, replaced.VectorHash);
        Assert.Equal(fresh.VectorHash, replaced.VectorHash);
    }

    private static async Task<RowFacts> ReadAsync(TestEngine engine, string key) =>
        (await engine.Services.GetRequiredService<RowInspector>().ReadAsync(await engine.TargetAsync(), key, TestEngine.Cancel))!;
}
