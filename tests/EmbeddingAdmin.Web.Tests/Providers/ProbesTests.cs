using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing.Time;
using EmbeddingAdmin.Web.Providers;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.Tests.Providers;

public sealed class ProbesTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    private static readonly Actor Ada = new("Ada", "dashboard");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task So_many_providers_are_probed_in_a_minute_and_no_more()
    {
        using var probes = New();
        for (var dimensions = 1; dimensions <= Probes.AMinute; dimensions++)
            Assert.Equal(dimensions, (await ProbeAsync(probes, dimensions)).Model.Dimensions);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => ProbeAsync(probes, Probes.AMinute + 1));

        Assert.Equal((ErrorCodes.ProbedTooOften, "Providers were probed 12 times in a minute. Nothing was sent. Try again in 5 s."), (refused.Code, refused.Message));
        Assert.Equal(Probes.AMinute, await database.CountAsync("embedding_admin.event where kind = 'provider.probed'"));
    }

    [Fact]
    public async Task What_a_probe_came_to_is_known_also_where_it_cannot_be_written_down_and_its_providers_turn_is_over()
    {
        using var probes = New();
        await database.ExecuteAsync("alter table embedding_admin.event rename to away");
        try
        {
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => ProbeAsync(probes, 1536));
        }
        finally
        {
            await database.ExecuteAsync("alter table embedding_admin.away rename to event");
        }

        using var provider = Local(1536);
        var state = probes.Of(provider.Model);
        Assert.Equal((null, "Ada", null), (state.Since, state.By, state.Last!.Code));
    }

    [Fact]
    public async Task A_probe_that_is_given_up_is_not_under_way_any_more()
    {
        using var probes = New();
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        using var provider = Local(3);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probes.ProbeAsync(provider, ["stories"], Ada, given.Token));
        Assert.Equal((null, null), (probes.Of(provider.Model).Since, probes.Of(provider.Model).Last));
    }

    private Probes New() => new(new ProviderProbe(TimeProvider.System), new PriceList(Options.Create(new PriceOptions())), new EventLog(database.Database.DataSource), new FakeClock());

    private static EmbeddingProvider Local(int dimensions) => EmbeddingProviders.Create(new EmbeddingOptions(), dimensions, TimeProvider.System);

    private static async Task<ProbeReport> ProbeAsync(Probes probes, int dimensions)
    {
        using var provider = Local(dimensions);
        return await probes.ProbeAsync(provider, ["stories"], Ada, Cancel);
    }
}
