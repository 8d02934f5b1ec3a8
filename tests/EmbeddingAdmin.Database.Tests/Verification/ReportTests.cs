using System.Text.Json;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>A report says of every check what it found, is compared with the one before, and is kept.</summary>
public sealed class ReportTests(AssemblyStack stack)
{
    [Fact]
    public async Task It_has_a_line_for_each_check_in_order_and_compares_them_with_the_verification_before()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set embedding = null where id between 1 and 12; update stories set content = content || ' edited' where id in (20, 21)", TestEngine.Cancel);
        var first = await engine.VerifyAsync();
        await engine.Database.ExecuteAsync("update stories set content = content || ' edited' where id between 22 and 24; delete from embedding_admin.stamp where row_key = '60'", TestEngine.Cancel);
        // A run that ended early is nothing to compare with.
        var cancelled = await engine.Control.StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Control.AskAsync(cancelled.Id, RunAction.Cancel, null, TestEngine.Operator, TestEngine.Cancel);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { FailedIn = first.Id, FailedAs = new(RowOutcome.Reverted, null, ErrorCodes.FoundReverted) });

        var second = await engine.VerifyAsync();

        var report = (await engine.Services.GetReports().ReadAsync(second.Id, TestEngine.Cancel))!;
        Assert.Equal((second.Id, "stories", "succeeded", 6L, 60L), (report.Run, report.Table, report.Status, report.Found, report.RowsRead));
        Assert.Equal("54 of 60 texts have their vector as it is claimed; 6 have not: 5 out of date, 1 of unknown origin.", report.Verdict);
        Assert.Equal((first.Id, first.EndedAt), (report.Before!.Run, report.Before.At));
        Assert.Equal(
            [("missing", 0L, (long?)0), ("reverted", 0, 12), ("textChanged", 5, 2), ("otherSettings", 0, 0), ("wrongDimensions", 0, 0), ("zeroVector", 0, 0), ("notUnitLength", 0, 0), ("equalVectors", 0, 0), ("neverStamped", 1, 0), ("drift", 0, null)],
            report.Checks.Select(check => (check.Check, check.Count, check.Before)));
        Assert.Equal(["20", "21", "22", "23", "24"], report.Checks[2].Examples);
        Assert.Equal((false, null), (report.Checks[^1].Made, report.Sample));
        foreach (var words in (string[])["NaN and ∞ cannot be stored", "no index by cosine ever finds it", "local provider are left out", "Drift was not looked for"])
            Assert.Contains(report.Notes, note => note.Contains(words, StringComparison.Ordinal));

        // What is mended later changes nothing of what was found.
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { FailedIn = second.Id });
        var kept = (await engine.Services.GetReports().ReadAsync(second.Id, TestEngine.Cancel))!;
        Assert.Equal(report.Checks.Select(check => (check.Check, check.Count)), kept.Checks.Select(check => (check.Check, check.Count)));
        Assert.All(kept.Checks, check => Assert.Equal(check.Count > 0 ? 1 : 0, check.Fixes.Count));
        Assert.Null(await engine.Services.GetReports().ReadAsync(first.Id + 1000, TestEngine.Cancel));
        Assert.Null(await engine.Services.GetReports().ReadAsync(1, TestEngine.Cancel));
    }

    [Fact]
    public async Task As_JSON_it_has_every_field_and_no_text()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("delete from embedding_admin.stamp where row_key = '7'", TestEngine.Cancel);
        var run = await engine.VerifyAsync();

        var json = JsonSerializer.SerializeToElement((await engine.Services.GetReports().ReadAsync(run.Id, TestEngine.Cancel))!, JsonSerializerOptions.Web);

        Assert.Equal(["run", "table", "status", "verdict", "asOf", "startedAt", "endedAt", "rowsRead", "found", "checks", "sample", "before", "notes"], json.EnumerateObject().Select(field => field.Name));
        var stamps = json.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("count").GetInt64() > 0);
        Assert.Equal(["check", "code", "made", "count", "examples", "meaning", "fix", "before", "fixes"], stamps.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("neverStamped", "EA-VER-06", "7"), (stamps.GetProperty("check").GetString(), stamps.GetProperty("code").GetString(), stamps.GetProperty("examples")[0].GetString()));
    }

    [Fact]
    public async Task A_sample_is_priced_charged_and_said_and_writes_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await using var priced = engine.Another(null, ("Prices:0:Host", new Uri(engine.Provider.Endpoint).Authority), ("Prices:0:Model", "text-embedding-3-small"), ("Prices:0:PerMillionTokens", "20"), ("Prices:0:Currency", "USD"), ("Prices:0:AsOf", "2026-01-01"));
        await engine.BackfillAsync();
        // A trigger that a backfill would have to have agreed to.
        await engine.Database.ExecuteAsync("create function note() returns trigger language plpgsql as $$ begin return new; end $$; create trigger note before update on stories for each row execute function note()", TestEngine.Cancel);
        var (others, calls) = (await engine.OtherColumnsAsync(), engine.Provider.Counts.Calls);
        var (run, lease) = await priced.GetControl().StartHereAsync(new(RunKind.Verify, "stories") { Sample = 20 }, TestEngine.Operator, TestEngine.Cancel);

        var ended = await priced.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (ended.Status, ended.Verdict, ended.Reason));
        var sample = (await engine.Services.GetReports().ReadAsync(run.Id, TestEngine.Cancel))!.Sample!;
        Assert.Equal((20, 20L, 0.999, "USD"), (sample.Asked, sample.Compared, sample.Tolerance!.Value, sample.Currency));
        Assert.True(sample.Tokens > 0);
        Assert.Equal(sample.Tokens * 20 / 1_000_000m, sample.Cost);
        Assert.Equal(1, engine.Provider.Counts.Calls - calls);
        Assert.Equal((others, 60L), (await engine.OtherColumnsAsync(), await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.stamp", TestEngine.Cancel)));
        Assert.Contains(await engine.Events.OfRunAsync(run.Id, 50, TestEngine.Cancel), happened => happened.Sentence.Contains("at most 20 of them are sent to 127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_refuses_the_key_is_found_before_a_sample_is_asked_for_and_no_run_is_made()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.BackfillAsync();
        engine.Provider.Script.Probe = new(401, """{"error":{"code":"invalid_api_key"}}""");

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(new(RunKind.Verify, "stories") { Sample = 5 }, TestEngine.Operator, TestEngine.Cancel));

        Assert.Equal(ErrorCodes.KeyRefused, refused.Code);
        // Without a sample nobody asks the provider.
        Assert.Equal(Verdict.Verified, (await engine.VerifyAsync()).Verdict);
    }

    [Theory]
    [InlineData(RunKind.Backfill, 5, ErrorCodes.RowScope)]
    [InlineData(RunKind.Verify, 0, ErrorCodes.OutOfRange)]
    [InlineData(RunKind.Verify, 1001, ErrorCodes.OutOfRange)]
    public async Task A_sample_that_cannot_be_is_refused(RunKind kind, int sample, string code)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(new(kind, "stories") { Sample = sample }, TestEngine.Operator, TestEngine.Cancel));

        Assert.Equal(code, refused.Code);
    }

    [Fact]
    public async Task A_provider_that_limits_its_rate_is_waited_for()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await engine.BackfillAsync();
        engine.Provider.Script.Next(new ScriptedAnswer(429, """{"error":{"message":"Rate limit reached"}}""", Headers: new Dictionary<string, string>(StringComparer.Ordinal) { ["Retry-After"] = "1" }));
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Verify, "stories") { Sample = 10 }, TestEngine.Operator, TestEngine.Cancel);

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (ended.Status, ended.Verdict));
        Assert.Equal(10, (await engine.Services.GetReports().ReadAsync(run.Id, TestEngine.Cancel))!.Sample!.Compared);
    }

    [Fact]
    public async Task A_table_that_is_wrong_from_end_to_end_is_still_read_to_its_end()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 150);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set embedding = (select array_agg(0)::extensions.vector from generate_series(1, 24))", TestEngine.Cancel);

        var run = await engine.VerifyAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (run.Status, run.Verdict));
        Assert.Equal(150, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[RowOutcome.Failed]);
    }

    [Fact]
    public async Task Equal_vectors_of_the_local_provider_are_left_out_and_its_sample_is_compared_bit_for_bit()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, ("Embeddings:Provider", "local"));
        await engine.Database.ExecuteAsync("insert into stories (title, content) values ('the sea', 'and the land'), ('the land', 'and the sea'); update stories set genre = null, tags = null", TestEngine.Cancel);
        await engine.BackfillAsync();
        Assert.True(await engine.Database.ScalarAsync<bool>("select a.embedding operator(extensions.=) b.embedding from stories a, stories b where a.id = 21 and b.id = 22", TestEngine.Cancel));
        await engine.Database.ExecuteAsync(
            """
            update stories set embedding = (select array_agg(x * 1.00001 order by n)::real[]::extensions.vector from unnest(embedding::real[]) with ordinality as v(x, n)) where id = 9;
            update embedding_admin.stamp s set vector_hash = sha256(extensions.vector_send(t.embedding)) from stories t where t.id::text = s.row_key
            """, TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Verify, "stories") { Sample = 1000 }, TestEngine.Operator, TestEngine.Cancel);

        await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        var report = (await engine.Services.GetReports().ReadAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal([("drift", 1L, "9")], report.Checks.Where(check => check.Count > 0).Select(check => (check.Check, check.Count, check.Examples[0])));
        Assert.False(report.Checks.Single(check => check.Known.Check == VerifyCheck.EqualVectors).Made);
        Assert.Equal((22L, null, null), (report.Sample!.Compared, report.Sample.Tolerance, report.Sample.Cost));
        Assert.Contains(report.Notes, note => note.StartsWith("Equal vectors were not looked for", StringComparison.Ordinal));
    }
}
