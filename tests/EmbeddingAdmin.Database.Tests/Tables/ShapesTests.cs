using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Tables;

/// <summary>A second database of other shapes than the demo's: discovered, proposed, confirmed, embedded and verified, each table from the entry that discovery prints.</summary>
public sealed class ShapesTests(ShapesDatabases databases) : IClassFixture<ShapesDatabases>
{
    public static TheoryData<string> Names => [.. Shapes.All.Select(shape => shape.Name)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_shape_goes_from_discovery_to_verified_and_every_vector_is_that_of_the_rows_own_text(string name)
    {
        var shape = Shapes.All.Single(other => other.Name == name);
        var entry = await DiscoverAsync(shape);
        await using var services = databases.Open(shape.Extension, TableSettingsJson.File([entry with { Filter = shape.Filter }]), shape.WithoutSize);
        var catalog = services.GetRequiredService<TableCatalog>();
        var table = Assert.Single(catalog.Tables);
        Assert.Equal(entry with { Filter = shape.Filter }, table);

        var proposed = await catalog.ResolveAsync(table, Cancel);
        Assert.Equal((RecipeOrigin.Proposed, shape.Proposed), (proposed.Recipe.Origin, proposed.Recipe.Template));
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => ShapesDatabases.RunAsync(services, RunKind.Backfill, table));
        Assert.Equal(ErrorCodes.RecipeUnconfirmed, refused.Code);

        var tried = await catalog.ResolveAsync(table, shape.Recipe ?? proposed.Recipe.Template, Cancel);
        Assert.Equal(1, await catalog.Recipes.UseAsync(tried, ShapesDatabases.Operator, Cancel));
        var target = await catalog.ResolveAsync(table, Cancel);
        Assert.Equal((RecipeOrigin.Confirmed, 1, "Ada"), (target.Recipe.Origin, target.Recipe.Version!.Value, target.Recipe.Actor));
        Assert.Equal((shape.Half, shape.WithoutSize), (target.HalfPrecision, target.Facts.Columns.Single(column => column.Name == table.Vector).TypeModifier < 1));

        await ItIsEmbeddedAndVerified(services, shape, table, target);
    }

    [Fact]
    public async Task All_of_them_as_one_section_is_a_file_that_the_settings_read_and_every_table_of_it_resolves()
    {
        Assert.True(Shapes.All.Count >= 30);
        foreach (var extension in Shapes.All.Select(shape => shape.Extension).Distinct(StringComparer.Ordinal))
        {
            await using var nothing = databases.Open(extension, null);
            var found = (await nothing.GetRequiredService<Discovery>().ReadAsync(Cancel)).Found;
            Assert.Equal(Shapes.All.Where(shape => shape.Extension == extension).Select(shape => shape.Column).Order(StringComparer.Ordinal), found.Select(column => column.Entry.ColumnName).Order(StringComparer.Ordinal));
            Assert.Distinct(found.Select(column => column.Entry.Name));

            var file = TableSettingsJson.File(found.Select(column => column.Entry));
            var (tables, problems) = TableSettings.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file))).Build());
            Assert.Empty(problems);
            Assert.Equal(found.Select(column => column.Entry), tables);

            await using var services = databases.Open(extension, file);
            var seen = await services.GetRequiredService<Discovery>().ReadAsync(Cancel);
            Assert.All(seen.Configured, table => Assert.Null(table.Fault));
            Assert.All(seen.Found, column => Assert.Equal([column.Entry.Name], column.ConfiguredAs));
        }
    }

    [Fact]
    public async Task Thirty_tables_are_a_handful_of_queries()
    {
        await using var nothing = databases.Open("extensions", null);
        var entries = (await nothing.GetRequiredService<Discovery>().ReadAsync(Cancel)).Found.Select(column => column.Entry).ToList();
        Assert.True(entries.Count >= 30);
        await using var services = databases.Open("extensions", TableSettingsJson.File(entries));
        await services.GetRequiredService<Discovery>().ReadAsync(Cancel);
        var sent = 0;
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) => System.Diagnostics.ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.Parent?.OperationName == "discover")
                    Interlocked.Increment(ref sent);
            },
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        using (new System.Diagnostics.Activity("discover").Start())
            await services.GetRequiredService<Discovery>().ReadAsync(Cancel);

        Assert.InRange(sent, 1, 4);
    }

    private async Task<EmbeddingTable> DiscoverAsync(Shape shape)
    {
        await using var services = databases.Open(shape.Extension, null);
        var found = Assert.Single((await services.GetRequiredService<Discovery>().ReadAsync(Cancel)).Found, column => column.Entry.ColumnName == shape.Column);
        Assert.Null(found.Fault);
        Assert.Equal((shape.Key, shape.Proposed), (found.Entry.Key, found.Recipe));
        return found.Entry;
    }

    private static async Task ItIsEmbeddedAndVerified(ServiceProvider services, Shape shape, EmbeddingTable table, Target target)
    {
        var shown = (await services.GetRequiredService<RecipePreview>().ReadAsync(target, Cancel)).Rows;
        var texts = shape.Texts.ToDictionary(row => row.Key, row => row.Text, StringComparer.Ordinal);
        Assert.Equal(Math.Min(RecipePreview.Most, texts.Count), shown.Count);
        Assert.All(shown, row => Assert.Equal(texts[row.Key], row.Text));

        var run = await ShapesDatabases.RunAsync(services, RunKind.Backfill, table, shape.SetsOff);
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, 1), (run.Status, run.Verdict!.Value, run.Plan.RecipeVersion!.Value));
        var vectors = await ShapesDatabases.VectorsAsync(services, target);
        foreach (var (key, text) in texts)
        {
            var expected = text.Length == 0 ? null : Oracle.Vector(text, target.Dimensions);
            Assert.Equal(shape.Half ? expected?.Select(number => (float)(Half)number) : expected, vectors[key]);
        }

        Assert.All(vectors.Where(row => !texts.ContainsKey(row.Key)), row => Assert.Null(row.Value));
        var verify = await ShapesDatabases.RunAsync(services, RunKind.Verify, table);
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (verify.Status, verify.Verdict!.Value));
        var coverage = await services.GetRequiredService<CoverageReader>().ReadAsync(table, TimeSpan.Zero, Cancel);
        Assert.Equal(
            (texts.Count, texts.Count(row => row.Value.Length > 0), texts.Count(row => row.Value.Length == 0)),
            ((int)coverage.Total, (int)coverage.States[CoverageState.Fresh]!, (int)coverage.States[CoverageState.EmptySource]!));
    }
}
