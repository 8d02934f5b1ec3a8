using Bunit;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Coverage;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class TableWatchTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task Opening_the_overview_twenty_times_scans_each_table_once_and_everybody_sees_what_it_found()
    {
        await database.ExecuteAsync("analyze stories; analyze profiles; update stories set embedding = array_fill(0.5, array[1536])::extensions.vector where id in (select id from stories limit 7)");
        await using var screens = await Screens.OpenAsync(database, settings: [("Coverage:ExamineAtOnceUpTo", "0"), ("Coverage:ScanPercent", "100")]);
        var scans = screens.Services.GetRequiredService<CoverageScans>();
        screens.Services.GetRequiredService<SchemaGate>().Open();

        var pages = Enumerable.Range(0, 20).Select(_ => screens.Render<Overview>()).ToList();
        await scans.StartAsync(TestContext.Current.CancellationToken);

        foreach (var page in pages)
            page.WaitForAssertion(() => Assert.Contains("7 of unknown origin", page.Find("[data-table=stories] .legend").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        // That of the other table may begin later, and end later.
        await Until.TrueAsync(() => EmbeddingTable.Defaults.All(table => scans.Turns(table) >= 2));
        Assert.Equal(2, await database.Database.ScalarAsync<long>("select sum(scans) from embedding_admin.coverage_scan", TestContext.Current.CancellationToken));
        await screens.DisposeComponentsAsync();
        Assert.Equal(0, screens.Feed.Watchers);
        await scans.StopAsync(TestContext.Current.CancellationToken);
    }
}
