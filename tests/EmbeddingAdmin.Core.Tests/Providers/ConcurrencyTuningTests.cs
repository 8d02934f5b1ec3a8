using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class ConcurrencyTuningTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(8, 4)]
    [InlineData(32, 4)]
    public void It_begins_with_four_or_what_is_allowed(int most, int now) => Assert.Equal(now, new ConcurrencyTuning(most).Now);

    [Fact]
    public void It_goes_up_while_that_helps_and_no_further_than_is_allowed()
    {
        var tuning = new ConcurrencyTuning(6);
        Assert.Equal([5, 6, 6, 6], Rounds(tuning, 4, () => (tuning.Now * 1000, 1)));
    }

    [Fact]
    public void One_more_that_does_not_help_is_taken_back_and_tried_again_much_later()
    {
        var tuning = new ConcurrencyTuning(8);
        Assert.Equal([5, 4, .. Enumerable.Repeat(4, ConcurrencyTuning.Rest), 5, 4], Rounds(tuning, ConcurrencyTuning.Rest + 4, () => (4000, 1)));
    }

    [Fact]
    public void A_rate_limit_halves_it_and_it_comes_back_slowly()
    {
        var tuning = new ConcurrencyTuning(8);
        tuning.SlowDown();
        Assert.Equal(2, tuning.Now);
        Assert.Equal([.. Enumerable.Repeat(2, ConcurrencyTuning.Rest), 3, 4], Rounds(tuning, ConcurrencyTuning.Rest + 2, () => (tuning.Now * 1000, 1)));
        tuning.SlowDown();
        tuning.SlowDown();
        tuning.SlowDown();
        Assert.Equal(1, tuning.Now);
    }

    [Fact]
    public void Answers_that_take_much_longer_lower_it_until_that_is_usual()
    {
        var tuning = new ConcurrencyTuning(4);
        tuning.Measured(4000, 1);
        tuning.Measured(1500, 2.5);
        Assert.Equal(3, tuning.Now);
        var later = Rounds(tuning, 12, () => (1500, 2.5));
        Assert.InRange(later.Min(), 1, 2);
        // A provider that is slower for good is not asked by one at a time for good.
        Assert.Equal(4, Rounds(tuning, 60, () => (tuning.Now * 400, 2.5)).Last());
    }

    private static List<int> Rounds(ConcurrencyTuning tuning, int count, Func<(double, double)> measure)
    {
        var seen = new List<int>();
        for (var i = 0; i < count; i++)
        {
            var (bytes, seconds) = measure();
            tuning.Measured(bytes, seconds);
            seen.Add(tuning.Now);
        }

        return seen;
    }
}
