using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class AmountTests
{
    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(0.00001, "under 0.1 %")]
    [InlineData(0.29, "29 %")]
    [InlineData(0.999, "99.9 %")]
    [InlineData(4959d / 4960, "99.9 %")]
    [InlineData(0.99999, "99.9 %")]
    [InlineData(1, "100 %")]
    public void Only_all_of_it_is_100_percent_and_only_nothing_is_0(double share, string expected) => Assert.Equal(expected, Amount.Percent(share));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.2, "1 s")]
    [InlineData(59, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(3600, "1 h")]
    [InlineData(7500, "2 h 5 min")]
    public void A_time_is_said_in_its_two_largest_units(double seconds, string expected) => Assert.Equal(expected, Amount.Time(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Counts_have_thousands_separators_and_one_row_is_one_row() =>
        Assert.Equal(["1 row", "4,960 rows", "398 rows/s", "2.5 rows/s"], [Amount.Rows(1), Amount.Rows(4960), Amount.Speed(398.4), Amount.Speed(2.5)]);
}
