using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Tables;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Coverage;

/// <summary>Every state is planted by SQL and found, exactly there, by bars, filter and scope alike; what a run then writes is up to date again.</summary>
public sealed class StatesTests(AssemblyStack stack, ShapesDatabases shapes) : IClassFixture<ShapesDatabases>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Shapes.All.Where(shape => !shape.SetsOff).Select(shape => shape.Name)];

    [Theory]
    [InlineData("stories", false)]
    [InlineData("stories", true)]
    [InlineData("profiles", false)]
    [InlineData("profiles", true)]
    public async Task Each_state_is_found_in_the_one_row_that_is_in_it_and_mended_by_a_run_over_it(string table, bool scanned)
    {
        await using var site = await TwoTables.OpenAsync(stack.Postgres, ("Coverage:ExamineAtOnceUpTo", scanned ? "0" : "20000"));
        await site.RunAsync(new(RunKind.Backfill, table));
        Assert.Equal(Expected(null), (await ReadAsync()).States);
        var target = await site.TargetAsync(table);
        foreach (var state in Planted.States)
        {
            var key = await site.Database.ScalarAsync<string>($"select {target.Key}::text from {target.Relation} order by random() limit 1", Cancel);

            await Planted.PlantAsync(site.Database, target, key!, state, Cancel);

            Assert.Equal(Expected(state), (await ReadAsync()).States);
            var page = await site.Services.GetRequiredService<RowPages>().ReadAsync(target, new() { State = state, Rows = 10 }, Cancel);
            Assert.Equal([(key, state)], page.Rows.Select(row => ((string?)row.Key, row.State)));
            var run = await site.RunAsync(new(RunKind.Backfill, table) { Scope = [state] });
            Assert.Equal((RunStatus.Succeeded, Verdict.Verified, 1L), (run.Status, run.Verdict!.Value, run.ScopeRows!.Value));
            Assert.Equal(Expected(null), (await ReadAsync()).States);
        }

        Task<TableCoverage> ReadAsync() => scanned ? site.ExaminedAsync(table) : site.Services.GetRequiredService<CoverageReader>().ReadAsync(site.Table(table), TimeSpan.Zero, Cancel);
    }

    [Theory]
    [InlineData("stories", "update stories set title = null, content = null, genre = null, tags = '{}', embedding = null where id = (select id from stories order by random() limit 1)")]
    [InlineData("profiles", "update profiles set bio = ' ', preferences = '{}', preference_embedding = null where id = (select id from profiles order by random() limit 1)")]
    public async Task A_row_with_nothing_to_embed_is_in_no_other_state(string table, string sql)
    {
        await using var site = await TwoTables.OpenAsync(stack.Postgres);
        await site.RunAsync(new(RunKind.Backfill, table));

        await site.Database.ExecuteAsync(sql, Cancel);

        Assert.Equal(Expected(CoverageState.EmptySource), (await site.ExaminedAsync(table)).States);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task In_a_table_of_another_shape_every_state_is_found_as_well_counted_at_once_and_scanned(string name)
    {
        var shape = Shapes.All.Single(other => other.Name == name);
        await using var nothing = shapes.Open(shape.Extension, null);
        var entry = (await nothing.GetRequiredService<Discovery>().ReadAsync(Cancel)).Found.Single(column => column.Entry.ColumnName == shape.Column).Entry with { Filter = shape.Filter };
        await using var services = shapes.Open(shape.Extension, TableSettingsJson.File([entry]), shape.WithoutSize);
        var (catalog, table) = (services.GetRequiredService<TableCatalog>(), services.GetRequiredService<TableCatalog>().Tables[0]);
        var proposed = await catalog.ResolveAsync(table, Cancel);
        await catalog.Recipes.UseAsync(await catalog.ResolveAsync(table, shape.Recipe ?? proposed.Recipe.Template, Cancel), ShapesDatabases.Operator, Cancel);
        await ShapesDatabases.RunAsync(services, RunKind.Backfill, table);
        var target = await catalog.ResolveAsync(table, Cancel);
        var texts = shape.Texts.Where(row => row.Text.Length > 0).ToList();
        Dictionary<CoverageState, long?> healthy = new(CoverageStates.InOrder.ToDictionary(state => state, _ => (long?)0))
        {
            [CoverageState.Fresh] = texts.Count,
            [CoverageState.EmptySource] = shape.Texts.Length - texts.Count,
        };
        await TheyAreFoundAsync(healthy);
        foreach (var state in texts.Count == 0 ? [] : Planted.States)
        {
            await Planted.PlantAsync(shapes[shape.Extension], target, texts[0].Key, state, Cancel);

            await TheyAreFoundAsync(new(healthy) { [CoverageState.Fresh] = texts.Count - 1, [state] = 1 });
            var (run, lease) = await services.GetRequiredService<RunControl>().StartHereAsync(new(RunKind.Backfill, table.Name) { Scope = CoverageStates.Mendable }, ShapesDatabases.Operator, Cancel);
            await services.GetRequiredService<Runner>().RunAsync(run, lease, Cancel);
        }

        await TheyAreFoundAsync(healthy);

        async Task TheyAreFoundAsync(Dictionary<CoverageState, long?> expected)
        {
            Assert.Equal(expected, (await services.GetRequiredService<CoverageReader>().ReadAsync(table, TimeSpan.Zero, Cancel)).States);
            await services.GetRequiredService<CoverageScan>().RunAsync(target, ripe: false, Cancel);
            Assert.Equal(expected, (await services.GetRequiredService<CoverageScan>().ReadAsync(target, Cancel)).Result!.Counts.ToDictionary(state => state.Key, state => (long?)state.Value));
        }
    }

    private static Dictionary<CoverageState, long?> Expected(CoverageState? planted) => CoverageStates.InOrder.ToDictionary(
        state => state, state => state == planted ? 1 : state == CoverageState.Fresh ? (long?)TwoTables.Rows - (planted is null ? 0 : 1) : 0);
}
