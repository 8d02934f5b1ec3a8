using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Rows;

/// <summary>What an index finds beside what is there.</summary>
public sealed class IndexNeighboursTests(AssemblyStack stack)
{
    [Theory]
    [InlineData("vector", "hnsw", "hnsw.ef_search is 40")]
    [InlineData("halfvec", "hnsw", "hnsw.ef_search is 40")]
    [InlineData("vector", "ivfflat", "ivfflat.probes is 1")]
    public async Task An_index_that_finds_the_same_is_named_with_what_it_is(string type, string method, string effort)
    {
        await using var engine = await StartAsync(type, method, "cosine");
        var nearest = await FindAsync(engine.Services, "7");
        Assert.Equal(new CosineIndex("near", method, effort), nearest.Index);
        Assert.Equal((5, 5, 5), (nearest.Rows.Count, nearest.ByIndex!.Count, nearest.Recalled));
        Assert.Equal((true, false, null), (nearest.IsExact, nearest.Differs, nearest.Why));
    }

    [Theory]
    [InlineData("vector")]
    [InlineData("halfvec")]
    public async Task An_index_that_looks_at_one_row_only_finds_at_most_one_and_every_row_is_compared_beside_it(string type)
    {
        await using var engine = await StartAsync(type, "hnsw", "cosine");
        var all = await FindAsync(engine.Services, "7");
        await engine.Database.ExecuteAsync("load 'vector'; do $$ begin execute format('alter database %I set hnsw.ef_search = 1', current_database()); end $$", TestEngine.Cancel);
        await using var hasty = engine.Another();

        var nearest = await FindAsync(hasty, "7");

        // The one that it looks at is the row itself, which is left out.
        Assert.Equal(("hnsw.ef_search is 1", 0, 0, true), (nearest.Index!.Effort, nearest.ByIndex!.Count, nearest.Recalled, nearest.Differs));
        Assert.Equal(all.Rows, nearest.Rows);

        // A text is no row: nothing is left out, and the nearest is found.
        var target = await hasty.TargetAsync();
        var own = (await hasty.GetRequiredService<RowInspector>().ReadAsync(target, "7", TestEngine.Cancel))!.Vector!.Value;
        var searched = await hasty.GetRequiredService<Neighbours>().FindAsync(target, own, TestEngine.Cancel);
        Assert.Equal(("7", 1, true), (Assert.Single(searched.ByIndex!).Key, searched.Recalled, searched.Differs));
        Assert.Equal(["7", .. all.Rows.Take(4).Select(row => row.Key)], searched.Rows.Select(row => row.Key));
    }

    [Fact]
    public async Task Rows_that_the_tables_filter_takes_away_after_the_index_has_chosen_are_missed()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        // Fifty rows of another genre stand nearer than any that counts.
        await engine.Database.ExecuteAsync(
            $"""
            insert into stories (title, genre, embedding)
            select 't' || n, case when n between 2 and 51 then 'common' else 'rare' end,
                   (array[1, (case when n = 1 then 0 when n <= 51 then n else n * 10 end) / 1000.0]::float4[] || array_fill(0::float4, array[{TestEngine.Dimensions - 2}]))::extensions.vector
              from generate_series(1, 60) n;
            create index near on stories using hnsw (embedding extensions.vector_cosine_ops)
            """, TestEngine.Cancel);
        await using var filtered = engine.Another(null, ("Tables:0:Filter", "genre=eq.rare"));

        var nearest = await FindAsync(filtered, "1");

        Assert.Equal(["52", "53", "54", "55", "56"], nearest.Rows.Select(row => row.Key));
        Assert.Equal((0, true), (nearest.Recalled, nearest.Differs));
        Assert.Empty(nearest.ByIndex!);
    }

    [Fact]
    public async Task Rows_as_near_as_each_other_are_no_difference()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        await engine.Database.ExecuteAsync(
            $"""
            insert into stories (title, embedding) select 't' || n, (array[1, case when n = 1 then 0 else 1 end]::float4[] || array_fill(0::float4, array[{TestEngine.Dimensions - 2}]))::extensions.vector from generate_series(1, 30) n;
            create index near on stories using hnsw (embedding extensions.vector_cosine_ops)
            """, TestEngine.Cancel);
        var nearest = await FindAsync(engine.Services, "1");
        Assert.Equal((5, false), (nearest.Recalled, nearest.Differs));
    }

    [Fact]
    public async Task Without_an_index_or_with_one_for_another_distance_every_row_is_compared_and_no_index_is_named()
    {
        await using var engine = await StartAsync("vector", "hnsw", "l2");
        var nearest = await FindAsync(engine.Services, "7");
        Assert.Equal((5, null, null, null, false), (nearest.Rows.Count, nearest.Index, nearest.ByIndex, nearest.Recalled, nearest.Differs));
        await engine.Database.ExecuteAsync("drop index near", TestEngine.Cancel);
        Assert.Null((await FindAsync(engine.Services, "7")).Index);
    }

    [Fact]
    public async Task When_comparing_with_all_takes_too_long_what_the_index_finds_is_shown_and_said_to_be_no_more()
    {
        await using var engine = await StartAsync("vector", "hnsw", "cosine");
        // Only the way without indexes takes its time, which is more than there is for it.
        var slow = (await engine.TargetAsync()) with { Filter = "(current_setting('enable_indexscan') = 'on' or pg_sleep(1) is not null)" };
        var nearest = await engine.Services.GetRequiredService<Neighbours>().FindAsync(slow, "7", TestEngine.Cancel);
        Assert.Equal((5, false, null, false, null), (nearest.Rows.Count, nearest.IsExact, nearest.Recalled, nearest.Differs, nearest.Why));
    }

    [Theory]
    [InlineData("vector", "hnsw")]
    [InlineData("halfvec", "hnsw")]
    [InlineData("vector", "ivfflat")]
    public async Task One_way_goes_by_the_index_and_by_nothing_else_and_the_other_by_no_index_at_all(string type, string method)
    {
        await using var engine = await StartAsync(type, method, "cosine");
        var byIndex = await PlanAsync(engine, Neighbours.ByIndexOnly);
        Assert.Contains("Index Scan using near on stories", byIndex, StringComparison.Ordinal);
        Assert.Contains("Order By", byIndex, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", byIndex, StringComparison.Ordinal);
        var byScan = await PlanAsync(engine, Neighbours.ByScanOnly);
        Assert.Contains("Seq Scan on stories", byScan, StringComparison.Ordinal);
        Assert.DoesNotContain("Index", byScan, StringComparison.Ordinal);
    }

    private static async Task<string> PlanAsync(TestEngine engine, string settings)
    {
        var target = await engine.TargetAsync();
        await using var session = await TableSession.OpenAsync(engine.Services.GetRequiredService<NpgsqlDataSource>(), TimeSpan.FromSeconds(5), TestEngine.Cancel);
        await session.ExecuteAsync(settings, TestEngine.Cancel);
        await using var command = session.Command($"explain {Neighbours.Sql(target, TestEngine.Dimensions, except: true)}", new ReadOnlyMemory<float>([.. Enumerable.Range(1, TestEngine.Dimensions).Select(n => (float)n)]), "7");
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        while (await reader.ReadAsync(TestEngine.Cancel))
            lines.Add(reader.GetString(0));
        return string.Join('\n', lines);
    }

    private static async Task<NearestRows> FindAsync(IServiceProvider services, string key) =>
        await services.GetRequiredService<Neighbours>().FindAsync(await services.TargetAsync(), key, TestEngine.Cancel);

    /// <summary>120 embedded rows, and an index of one list or of many links on them.</summary>
    private async Task<TestEngine> StartAsync(string type, string method, string distance)
    {
        var engine = await TestEngine.StartAsync(stack.Postgres, 120);
        await engine.Database.ExecuteAsync($"alter table stories alter column embedding type extensions.{type}({TestEngine.Dimensions})", TestEngine.Cancel);
        await engine.BackfillAsync();
        // An index over rows that were updated in place is not used as long as any transaction of the server is older than it.
        await engine.Database.ExecuteAsync("vacuum full stories", TestEngine.Cancel);
        await engine.Database.ExecuteAsync($"create index near on stories using {method} (embedding extensions.{type}_{distance}_ops){(method == "ivfflat" ? " with (lists = 1)" : "")}", TestEngine.Cancel);
        return engine;
    }
}
