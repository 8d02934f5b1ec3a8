using EmbeddingAdmin.Database.Tests.Tables;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>The same faults in some thirty tables of other shapes: each is found alone, in the row that has it. That it can be mended is shown elsewhere.</summary>
public sealed class ShapesCheckTests(ShapesDatabases databases) : IClassFixture<ShapesDatabases>
{
    // Of the demo's tables the text itself is edited; here a stamp that speaks of another text stands for it, whatever the text is made of.
    private static readonly (VerifyCheck Check, Func<Target, string[], string> Sql)[] Faults =
    [
        .. new[] { "missing", "gone", "another model", "zeros that a run claims", "twice as long", "the same vector for several texts", "no stamp", "another vector for the text" }
            .Select(name => Planted.All.Single(planted => planted.Name == name)).Select(planted => (planted.Check, planted.Sql)),
        (VerifyCheck.TextChanged, (target, keys) => $"update embedding_admin.stamp set text_hash = sha256('another text') where vector_column = (select id from embedding_admin.vector_column where name = '{target.ColumnName.Replace("'", "''", StringComparison.Ordinal)}') and row_key = {keys[0]}"),
    ];

    public static TheoryData<string> Names => [.. Shapes.All.Where(shape => !shape.SetsOff && shape.Texts.Any(row => row.Text.Length > 0)).Select(shape => shape.Name)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_fault_is_found_alone_in_the_row_that_has_it(string name)
    {
        var shape = Shapes.All.Single(other => other.Name == name);
        await using var nothing = databases.Open(shape.Extension, null);
        var entry = (await nothing.GetRequiredService<Discovery>().ReadAsync(Cancel)).Found.Single(column => column.Entry.ColumnName == shape.Column).Entry with { Filter = shape.Filter };
        await using var services = databases.Open(shape.Extension, TableSettingsJson.File([entry]), shape.WithoutSize);
        var (catalog, table) = (services.GetRequiredService<TableCatalog>(), services.GetRequiredService<TableCatalog>().Tables[0]);
        var proposed = await catalog.ResolveAsync(table, Cancel);
        await catalog.Recipes.UseAsync(await catalog.ResolveAsync(table, shape.Recipe ?? proposed.Recipe.Template, Cancel), ShapesDatabases.Operator, Cancel);
        var target = await catalog.ResolveAsync(table, Cancel);
        await ShapesDatabases.RunAsync(services, RunKind.Backfill, table);
        Assert.Equal(0, (await VerifyAsync(10)).Found);
        var database = databases[shape.Extension];
        await database.ExecuteAsync($"drop table if exists kept_rows, kept_stamps; create table kept_rows as select t.{target.Key} as key, t.{target.Vector} as vector from {target.Relation} t; create table kept_stamps as select * from embedding_admin.stamp", Cancel);
        string[] texts = [.. shape.Texts.Where(row => row.Text.Length > 0).Select(row => row.Key)];
        foreach (var (check, sql) in Faults.Where(fault => fault.Check != VerifyCheck.EqualVectors || texts.Length > 1))
        {
            string[] keys = check == VerifyCheck.EqualVectors ? texts[..2] : texts[..1];
            await database.ExecuteAsync(sql(target, [.. keys.Select(key => $"'{key.Replace("'", "''", StringComparison.Ordinal)}'")]), Cancel);

            var finding = Assert.Single((await VerifyAsync(check == VerifyCheck.Drift ? 1000 : null)).Checks, finding => finding.Count > 0);

            Assert.Equal(check, finding.Known.Check);
            Assert.Equal(keys.Order(StringComparer.Ordinal), finding.Examples.Order(StringComparer.Ordinal));
            await database.ExecuteAsync(
                $"""
                update {target.Relation} t set {target.Vector} = k.vector from kept_rows k where k.key = t.{target.Key};
                delete from embedding_admin.stamp; insert into embedding_admin.stamp select * from kept_stamps
                """, Cancel);
        }

        Assert.Equal(0, (await VerifyAsync(null)).Found);

        async Task<VerifyReport> VerifyAsync(int? sample)
        {
            var (run, lease) = await services.GetRequiredService<RunControl>().StartHereAsync(new(RunKind.Verify, table.Name) { Sample = sample }, ShapesDatabases.Operator, Cancel);
            await services.GetRequiredService<Runner>().RunAsync(run, lease, Cancel);
            return (await services.GetRequiredService<VerifyReports>().ReadAsync(run.Id, Cancel))!;
        }
    }
}
