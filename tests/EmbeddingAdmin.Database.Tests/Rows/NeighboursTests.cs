using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class NeighboursTests(AssemblyStack stack)
{
    [Theory]
    [InlineData("vector(24)")]
    [InlineData("halfvec(24)")]
    [InlineData("vector")]
    public async Task They_are_the_five_that_every_distance_computed_here_says(string type)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120, ("Embeddings:Dimensions", "24"));
        await engine.Database.ExecuteAsync($"alter table stories alter column embedding type extensions.{type}", TestEngine.Cancel);
        await engine.BackfillAsync();
        // What cannot be compared is no neighbour.
        await engine.Database.ExecuteAsync("update stories set embedding = array_fill(0, array[24])::extensions.vector where id = 50; update stories set embedding = null where id = 51", TestEngine.Cancel);
        if (type == "vector")
            await engine.Database.ExecuteAsync("update stories set embedding = '[1,2,3]' where id = 52", TestEngine.Cancel);
        var (target, inspector) = (await engine.TargetAsync(), engine.Services.GetRequiredService<RowInspector>());
        var own = (await inspector.ReadAsync(target, "7", TestEngine.Cancel))!.Vector!.Value.ToArray();
        var expected = new List<(string Key, double Distance)>();
        for (var id = 1; id <= 120; id++)
        {
            if (id is not (7 or 50 or 51) && (await inspector.ReadAsync(target, $"{id}", TestEngine.Cancel))!.Vector!.Value.ToArray() is { Length: 24 } other)
                expected.Add(($"{id}", Distance(own, other)));
        }

        var nearest = await engine.Services.GetRequiredService<Neighbours>().FindAsync(target, "7", TestEngine.Cancel);

        Assert.Null(nearest.Why);
        Assert.Equal(expected.OrderBy(row => row.Distance).Take(5).Select(row => row.Key), nearest.Rows.Select(row => row.Key));
        Assert.All(nearest.Rows, row => Assert.Equal(expected.Single(e => e.Key == row.Key).Distance, row.Distance, 1e-5));
        var text = (await inspector.ReadAsync(target, nearest.Rows[0].Key, TestEngine.Cancel))!.Text;
        Assert.StartsWith(nearest.Rows[0].Start, text, StringComparison.Ordinal);
        Assert.Equal(text.Length > nearest.Rows[0].Start.Length, nearest.Rows[0].IsCut);

        // A row without direction has none, and that is said.
        Assert.NotNull((await engine.Services.GetRequiredService<Neighbours>().FindAsync(target, "50", TestEngine.Cancel)).Why);
        Assert.NotNull((await engine.Services.GetRequiredService<Neighbours>().FindAsync(target, "malformed", TestEngine.Cancel)).Why);
    }

    [Fact]
    public async Task A_search_that_takes_too_long_is_given_up_with_a_sentence()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await engine.BackfillAsync();
        var target = await engine.TargetAsync();

        var nearest = await engine.Services.GetRequiredService<Neighbours>().FindAsync(target with { Filter = "pg_sleep(3) is not null" }, "1", TestEngine.Cancel);

        Assert.Empty(nearest.Rows);
        Assert.Contains("took longer than 5 s", nearest.Why, StringComparison.Ordinal);
    }

    private static double Distance(float[] one, float[] other)
    {
        var (product, a, b) = (0d, 0d, 0d);
        for (var i = 0; i < one.Length; i++)
            (product, a, b) = (product + ((double)one[i] * other[i]), a + ((double)one[i] * one[i]), b + ((double)other[i] * other[i]));
        return 1 - (product / Math.Sqrt(a * b));
    }
}
