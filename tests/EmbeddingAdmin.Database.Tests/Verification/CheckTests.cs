using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>Every check finds what was planted and nothing else, in the demo's tables and in one of another shape; what it found is mended by a backfill over exactly that.</summary>
public sealed class CheckTests(VerifySite site) : IClassFixture<VerifySite>
{
    private static readonly string[] Tables = ["stories", "profiles", "places"];

    public static TheoryData<string, string> Faults => [.. from table in Tables from planted in Planted.All select (table, planted.Name)];

    [Theory]
    [InlineData("stories")]
    [InlineData("profiles")]
    [InlineData("places")]
    public async Task A_healthy_table_yields_nothing(string table)
    {
        await site.HealAsync(table);

        var run = await site.RunAsync(new(RunKind.Verify, table) { Sample = 1000 });

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (run.Status, run.Verdict, run.Reason));
        Assert.Empty(await site.ListedAsync(run));
        var report = await site.ReportAsync(run);
        Assert.Equal((0, VerifySite.Rows, VerifySite.Rows), (report.Found, report.RowsRead, report.Sample!.Compared));
        Assert.Equal(VerifyChecks.All.Select(check => (check.Check, true, 0L)), report.Checks.Select(check => (check.Known.Check, check.Made, check.Count)));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_was_planted_is_found_alone_and_mended_over_exactly_its_rows(string table, string name)
    {
        await site.HealAsync(table);
        var planted = Planted.All.Single(other => other.Name == name);
        var target = await site.TargetAsync(table);
        // Over several pages, the first and the last row among them.
        var all = await site.KeysAsync(target);
        string[] keys = [.. new[] { all[0], all[^1], all[VerifySite.Rows / 2] }.Take(planted.Rows)];
        await site.SpoilAsync(table, planted.Sql(target, [.. keys.Select(key => $"'{key.Replace("'", "''", StringComparison.Ordinal)}'")]));

        var run = await site.RunAsync(new(RunKind.Verify, table) { Sample = 1000 });

        var check = VerifyChecks.Of(planted.Check);
        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Equal(keys.Order(StringComparer.Ordinal).Select(key => (key, (string?)check.Code)), await site.ListedAsync(run));
        var report = await site.ReportAsync(run);
        Assert.Equal((planted.Rows, VerifySite.Rows), (report.Found, report.RowsRead));
        var finding = report.Checks.Single(finding => finding.Count > 0);
        Assert.Equal((planted.Check, planted.Rows), (finding.Known.Check, finding.Count));
        Assert.Equal(keys.Order(StringComparer.Ordinal), finding.Examples.Order(StringComparer.Ordinal));

        var fix = await site.RunAsync(new(RunKind.Backfill, table) { FailedIn = run.Id, FailedAs = finding.Cause });
        Assert.Equal((Verdict.Verified, planted.Rows), (fix.Verdict, fix.ScopeRows));
        Assert.Equal([new VerifyFix(fix.Id, "succeeded")], (await site.ReportAsync(run)).Checks.Single(other => other.Known == check).Fixes);
        // What was written since is not taken again.
        Assert.Equal(0, (await site.RunAsync(new(RunKind.Backfill, table) { FailedIn = run.Id, FailedAs = finding.Cause })).ScopeRows);
        var second = await site.RunAsync(new(RunKind.Verify, table) { Sample = 1000 });
        Assert.Equal((Verdict.Verified, 0), (second.Verdict, (await site.ListedAsync(second)).Count));
        Assert.Equal((long?)planted.Rows, (await site.ReportAsync(second)).Checks.Single(other => other.Known == check).Before);
        site.Mended(table);
    }
}
