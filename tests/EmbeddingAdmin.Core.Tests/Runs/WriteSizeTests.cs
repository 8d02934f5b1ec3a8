using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class WriteSizeTests
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1.5);

    private readonly WriteSize _size = new(500, Slow);

    [Fact]
    public void A_slow_write_halves_the_size_and_one_that_is_just_in_time_does_not()
    {
        _size.Took(500, Slow);
        Assert.Equal(500, _size.Now);
        _size.Took(500, Slow + TimeSpan.FromMilliseconds(1));
        Assert.Equal(250, _size.Now);
    }

    [Fact]
    public void It_never_falls_below_a_row_and_never_rises_above_the_plan()
    {
        for (var i = 0; i < 20; i++)
            _size.GaveUp(_size.Now);
        Assert.Equal(1, _size.Now);
        for (var i = 0; i < 1000; i++)
            _size.Took(_size.Now, TimeSpan.Zero);
        Assert.Equal(500, _size.Now);
    }

    [Fact]
    public void It_grows_slowly_and_only_by_full_writes_that_are_quick()
    {
        _size.GaveUp(200);
        for (var i = 0; i < 50; i++)
        {
            _size.Took(99, TimeSpan.Zero);
            _size.Took(100, TimeSpan.FromSeconds(1));
        }

        Assert.Equal(100, _size.Now);
        for (var i = 0; i < 10; i++)
            _size.Took(100, TimeSpan.FromSeconds(0.5));
        Assert.Equal(125, _size.Now);
    }

    [Fact]
    public void A_small_page_that_was_given_up_counts_by_its_own_size_and_never_enlarges()
    {
        _size.GaveUp(10);
        _size.GaveUp(400);
        Assert.Equal(5, _size.Now);
    }
}
