using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Time;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class WaitsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    private readonly Ticker _ticker = new(new FakeClock(), RunProgress.None);

    private (string?, DateTimeOffset?) Said => (_ticker.Progress.Waiting, _ticker.Progress.WaitingUntil);

    [Fact]
    public void A_wait_is_over_only_for_the_one_who_goes_on()
    {
        var waits = new Waits(_ticker);
        var (one, other) = (waits.ForOne(), waits.ForOne());

        one(new("It asks to slow down.", Noon));
        Assert.Equal(("It asks to slow down.", Noon), Said);
        other(null);
        Assert.Equal(("It asks to slow down.", Noon), Said);
        other(new("It does not answer.", Noon.AddMinutes(1)));
        Assert.Equal(("It does not answer.", Noon.AddMinutes(1)), Said);
        other(null);
        Assert.Equal(("It asks to slow down.", Noon), Said);
        one(null);
        Assert.Equal((null, null), Said);
    }

    [Fact]
    public void The_database_s_wait_is_named_first_and_the_provider_s_is_not_forgotten()
    {
        var waits = new Waits(_ticker);
        waits.ForOne()(new("It asks to slow down.", Noon));

        waits.ForRead(new("a read took too long."));
        Assert.Equal(("Waiting for the database: a read took too long.", null), Said);
        waits.ForRead(null);

        Assert.Equal(("It asks to slow down.", Noon), Said);
    }
}
