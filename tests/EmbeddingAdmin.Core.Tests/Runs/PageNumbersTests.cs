using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class PageNumbersTests
{
    [Fact]
    public void Gaps_come_first_and_many_callers_never_get_the_same_number()
    {
        var numbers = new PageNumbers([2, 5], 9);
        var drawn = new System.Collections.Concurrent.ConcurrentBag<int>();
        Assert.Equal(2, numbers.Next());
        Parallel.For(0, 1000, _ => drawn.Add(numbers.Next()));
        Assert.False(numbers.HasGaps);
        Assert.Equal([5, .. Enumerable.Range(10, 999)], drawn.Order());
    }
}
