using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class RandomRowTests(AssemblyStack stack)
{
    public static TheoryData<string, string> Keys => RowShapes.Keys;

    [Theory, MemberData(nameof(Keys))]
    public async Task Of_a_small_table_any_row_may_come_and_never_the_one_that_is_shown(string type, string key)
    {
        var (engine, services) = await RowShapes.StartAsync(stack.Postgres, type, key, 3);
        await using var both = (engine, services).Own();
        var (target, random) = (await services.TargetAsync(), services.GetRequiredService<RandomRow>());
        var keys = await engine.OrderedAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var n = 0; n < 40; n++)
            seen.Add((await random.PickAsync(target, keys[1], TestEngine.Cancel))!);
        Assert.Equal([keys[0], keys[2]], seen.Order(Comparer<string>.Create((a, b) => keys.Index().Single(k => k.Item == a).Index - keys.Index().Single(k => k.Item == b).Index)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_large_table_rows_come_from_all_over_it(bool analysed)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        await engine.Database.ExecuteAsync("alter table stories set (autovacuum_enabled = false); insert into stories (title) select repeat('t', 200) || n from generate_series(1, 60000) n", TestEngine.Cancel);
        if (analysed)
            await engine.Database.ExecuteAsync("analyze stories", TestEngine.Cancel);
        var (target, random) = (await engine.TargetAsync(), engine.Services.GetRequiredService<RandomRow>());
        Assert.Equal(analysed ? 60000 : -1, target.Facts.EstimatedRows);

        var picked = new List<long>();
        for (var n = 0; n < 30; n++)
            picked.Add(long.Parse((await random.PickAsync(target, null, TestEngine.Cancel))!));

        Assert.True(picked.Max() - picked.Min() > 20000, string.Join(' ', picked));
        Assert.True(picked.Distinct().Count() > 20, string.Join(' ', picked));
    }

    [Fact]
    public async Task A_filter_that_leaves_one_row_of_many_still_finds_it()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0, ("Tables:0:Filter", "title=eq.the one"));
        await engine.Database.ExecuteAsync("insert into stories (title) select case when n = 44444 then 'the one' else 'another' end from generate_series(1, 60000) n; analyze stories", TestEngine.Cancel);
        var (target, random) = (await engine.TargetAsync(), engine.Services.GetRequiredService<RandomRow>());
        Assert.Equal("44444", await random.PickAsync(target, null, TestEngine.Cancel));
        Assert.Null(await random.PickAsync(target, "44444", TestEngine.Cancel));
    }

    [Fact]
    public async Task An_empty_table_has_none()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        Assert.Null(await engine.Services.GetRequiredService<RandomRow>().PickAsync(await engine.TargetAsync(), null, TestEngine.Cancel));
    }
}
