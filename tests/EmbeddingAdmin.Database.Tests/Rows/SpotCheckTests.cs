using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class SpotCheckTests(AssemblyStack stack)
{
    public static TheoryData<string, string> Keys => RowShapes.Keys;

    [Theory, MemberData(nameof(Keys))]
    public async Task Every_order_meets_every_row_once_and_comes_back_the_same_way(string type, string key)
    {
        var (engine, services) = await RowShapes.StartAsync(stack.Postgres, type, key, 12);
        await using var both = (engine, services).Own();
        var target = await services.TargetAsync();
        var spots = services.GetRequiredService<SpotCheck>();
        var keys = await engine.OrderedAsync();
        foreach (var order in Enum.GetValues<SampleOrder>().Where(order => SpotCheck.WhyNot(target, order) is null))
        {
            var walk = new SampleWalk(order, order == SampleOrder.State ? CoverageState.Missing : null, 7);
            var met = await WalkAsync(spots, target, walk);
            Assert.Equal(keys.Order(StringComparer.Ordinal), met.Order(StringComparer.Ordinal));
            for (var n = met.Count - 1; n > 0; n--)
                Assert.Equal(met[n - 1], (await spots.PreviousAsync(target, walk, met[n], TestEngine.Cancel)).Key);
            var (before, behind) = (await spots.PreviousAsync(target, walk, met[0], TestEngine.Cancel), await spots.NextAsync(target, walk, met[^1], TestEngine.Cancel));
            Assert.Equal((null, "There is no row before this one in this order.", null, "There is no row behind this one in this order."), (before.Key, before.Why, behind.Key, behind.Why));
            if (order is SampleOrder.Key or SampleOrder.State)
                Assert.Equal(keys, met);
        }

        Assert.Equal("There is no such row.", (await spots.NextAsync(target, SampleWalk.ByKey, "\0", TestEngine.Cancel)).Why);
    }

    [Fact]
    public async Task Longest_and_shortest_go_by_the_length_of_the_whole_text()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 40);
        var target = await engine.TargetAsync();
        var spots = engine.Services.GetRequiredService<SpotCheck>();
        var expected = await engine.Database.ScalarAsync<string[]>($"select array_agg(t.id::text order by char_length({target.Text.Expression}), t.id) from stories t", TestEngine.Cancel);
        Assert.Equal(expected, await WalkAsync(spots, target, new(SampleOrder.Shortest)));
        Assert.Equal(expected!.Reverse(), await WalkAsync(spots, target, new(SampleOrder.Longest)));
    }

    [Fact]
    public async Task Oldest_and_newest_go_by_the_column_of_the_settings()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 6);
        await engine.Database.ExecuteAsync("alter table stories add column \"made At\" timestamptz; update stories set \"made At\" = '2026-01-01'::timestamptz + (id * 7 % 5) * interval '1 day' where id <> 4", TestEngine.Cancel);
        await using var services = engine.Another(null, ("Tables:0:CreatedAt", "made At"));
        var (target, spots) = (await services.TargetAsync(), services.GetRequiredService<SpotCheck>());
        var expected = await engine.Database.ScalarAsync<string[]>("select array_agg(id::text order by \"made At\", id) from stories where id <> 4", TestEngine.Cancel);
        Assert.Equal("made At", SpotCheck.CreationColumn(target));
        // Of row 4 nobody knows; it has no place in this order.
        Assert.Equal(expected, await WalkAsync(spots, target, new(SampleOrder.Oldest)));
        Assert.Equal(expected!.Reverse(), await WalkAsync(spots, target, new(SampleOrder.Newest)));
    }

    [Theory]
    [InlineData("bigint", "n", true)]
    [InlineData("int", "n", true)]
    [InlineData("uuid", "md5(n::text)::uuid", false)]
    [InlineData("text", "n::text", false)]
    public async Task Without_such_a_column_a_number_for_a_key_stands_in_and_another_key_does_not(string type, string key, bool offered)
    {
        var (engine, services) = await RowShapes.StartAsync(stack.Postgres, type, key, 3);
        await using var both = (engine, services).Own();
        var (target, spots) = (await services.TargetAsync(), services.GetRequiredService<SpotCheck>());
        foreach (var (order, first) in new[] { (SampleOrder.Oldest, "1"), (SampleOrder.Newest, "3") })
        {
            var step = await spots.FirstAsync(target, new(order), TestEngine.Cancel);
            Assert.Equal((offered ? first : null, SpotCheck.WhyNot(target, order)), (step.Key, step.Why));
            Assert.Equal(offered, step.Why is null);
        }
    }

    [Fact]
    public async Task A_walk_over_one_state_meets_its_rows_only()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set title = 'edited' where id in (5, 6, 21); update stories set embedding = null where id in (9, 10)", TestEngine.Cancel);
        var (target, spots) = (await engine.TargetAsync(), engine.Services.GetRequiredService<SpotCheck>());
        Assert.Equal(["5", "6", "21"], await WalkAsync(spots, target, new(SampleOrder.State, CoverageState.StaleText)));
        Assert.Equal(["9", "10"], await WalkAsync(spots, target, new(SampleOrder.State, CoverageState.Missing)));
        // From a row that is in another state, and over the end of the first chunks.
        Assert.Equal("21", (await spots.NextAsync(target, new(SampleOrder.State, CoverageState.StaleText), "7", TestEngine.Cancel)).Key);
        Assert.Equal("6", (await spots.PreviousAsync(target, new(SampleOrder.State, CoverageState.StaleText), "7", TestEngine.Cancel)).Key);
        Assert.Equal("There is no row in this order.", (await spots.FirstAsync(target, new(SampleOrder.State, CoverageState.Invalid), TestEngine.Cancel)).Why);
    }

    [Fact]
    public async Task Chance_is_the_same_for_the_same_seed_and_another_for_another()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 40);
        var (target, spots) = (await engine.TargetAsync(), engine.Services.GetRequiredService<SpotCheck>());
        var first = await WalkAsync(spots, target, new(SampleOrder.Random, null, 1));
        Assert.Equal(first, await WalkAsync(spots, target, new(SampleOrder.Random, null, 1)));
        var second = await WalkAsync(spots, target, new(SampleOrder.Random, null, 2));
        Assert.NotEqual(first, second);
        Assert.NotEqual(first.Order(StringComparer.Ordinal), first);
        Assert.Equal(first.Order(StringComparer.Ordinal), second.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rows_that_the_filter_leaves_out_are_met_in_no_order()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, ("Tables:0:Filter", "title=eq.counts"));
        await engine.Database.ExecuteAsync("update stories set title = 'counts' where id in (3, 8, 15)", TestEngine.Cancel);
        var (target, spots) = (await engine.TargetAsync(), engine.Services.GetRequiredService<SpotCheck>());
        foreach (var order in Enum.GetValues<SampleOrder>())
            Assert.Equal(["15", "3", "8"], (await WalkAsync(spots, target, new(order, order == SampleOrder.State ? CoverageState.Missing : null, 3))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(SampleOrder.Random)]
    [InlineData(SampleOrder.Longest)]
    [InlineData(SampleOrder.Shortest)]
    public async Task Of_a_large_table_the_order_is_a_samples_which_is_said_and_the_same_at_every_step(SampleOrder order)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        await engine.Database.ExecuteAsync("insert into stories (title) select repeat('t', 100 + n % 91) || n from generate_series(1, 60000) n; analyze stories", TestEngine.Cancel);
        var (target, spots) = (await engine.TargetAsync(), engine.Services.GetRequiredService<SpotCheck>());
        var walk = new SampleWalk(order, null, 11);
        var step = await spots.FirstAsync(target, walk, TestEngine.Cancel);
        Assert.Contains("about 60,000 rows", step.Among, StringComparison.Ordinal);
        Assert.Contains("a sample of about 5,000", step.Among, StringComparison.Ordinal);
        var met = new List<string> { step.Key! };
        for (var n = 0; n < 10; n++)
            met.Add((await spots.NextAsync(target, walk, met[^1], TestEngine.Cancel)).Key!);
        Assert.Equal(11, met.Distinct(StringComparer.Ordinal).Count());
        for (var n = 10; n > 0; n--)
            Assert.Equal(met[n - 1], (await spots.PreviousAsync(target, walk, met[n], TestEngine.Cancel)).Key);
        Assert.NotEqual(met[0], (await spots.FirstAsync(target, walk with { Seed = 12 }, TestEngine.Cancel)).Key);
        // By key nothing has to be put in order.
        Assert.Null((await spots.FirstAsync(target, SampleWalk.ByKey, TestEngine.Cancel)).Among);
    }

    [Fact]
    public async Task An_order_that_takes_too_long_to_make_is_given_up_with_a_sentence()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        var slow = (await engine.TargetAsync()) with { Filter = "pg_sleep(3) is not null" };
        var step = await engine.Services.GetRequiredService<SpotCheck>().FirstAsync(slow, new(SampleOrder.Longest), TestEngine.Cancel);
        Assert.Null(step.Key);
        Assert.Contains("took longer than 5 s", step.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_table_has_no_first_row()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        foreach (var order in Enum.GetValues<SampleOrder>())
            Assert.Equal(new SampleStep(null, "There is no row in this order.", null), await engine.Services.GetRequiredService<SpotCheck>().FirstAsync(await engine.TargetAsync(), new(order), TestEngine.Cancel));
    }

    /// <summary>Every row from the first to the last.</summary>
    private static async Task<IReadOnlyList<string>> WalkAsync(SpotCheck spots, Target target, SampleWalk walk)
    {
        var met = new List<string>();
        var step = await spots.FirstAsync(target, walk, TestEngine.Cancel);
        while (step.Key is { } key)
        {
            met.Add(key);
            Assert.True(met.Count <= 200, $"{walk} goes round.");
            step = await spots.NextAsync(target, walk, key, TestEngine.Cancel);
        }

        return met;
    }
}
