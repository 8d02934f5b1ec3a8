using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Web.Coverage;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class CoverageChangeTests
{
    [Theory]
    [InlineData(12, 0, "12 stories became missing")]
    [InlineData(1, 0, "1 row of stories became missing")]
    [InlineData(0, 5, "5 stories were edited")]
    [InlineData(0, 1, "1 row of stories was edited")]
    [InlineData(12, 5, "12 stories became missing and 5 stories were edited")]
    public void What_came_since_the_last_run_is_said(long missing, long edited, string words) =>
        Assert.Equal(new CoverageChange(7, Then(3, 4).At, words), CoverageChange.Since(Then(3, 4), Sample.Coverage(100, stale: 4 + edited, missing: 3 + missing)));

    [Fact]
    public void Nothing_is_said_when_nothing_came_or_nobody_can_tell()
    {
        Assert.Null(CoverageChange.Since(null, Sample.Coverage(100, missing: 3)));
        Assert.Null(CoverageChange.Since(Then(3, 4), Sample.Coverage(100, stale: 4, missing: 3)));
        Assert.Null(CoverageChange.Since(Then(3, 4), Sample.Coverage(100, stale: 1, missing: 0)));
        Assert.Null(CoverageChange.Since(Then(null, null), Sample.Coverage(100, stale: 9, missing: 9)));
        Assert.Null(CoverageChange.Since(Then(3, 4) with { Run = null }, Sample.Coverage(100, stale: 9, missing: 9)));
        Assert.Null(CoverageChange.Since(Then(3, 4) with { At = Sample.Now.AddMinutes(1) }, Sample.Coverage(100, stale: 9, missing: 9)));
    }

    [Fact]
    public void An_estimate_is_said_to_be_one()
    {
        var counted = Sample.Coverage(100, missing: 9);
        var guessed = counted with { Figures = counted.Figures.ToDictionary(figure => figure.Key, figure => figure.Value is { } known ? known with { Basis = Basis.Counter } : null) };
        Assert.Equal("≈ 6 stories became missing", CoverageChange.Since(Then(3, 0), guessed)!.Words);
    }

    private static CoverageSnapshot Then(long? missing, long? stale) => new(Sample.Now.AddHours(-1), 7, 100, 90, Enum.GetValues<CoverageState>().ToDictionary(state => state, state => state switch
    {
        CoverageState.Missing => missing,
        CoverageState.StaleText => stale,
        _ => 0,
    }));
}
