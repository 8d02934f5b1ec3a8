using System.Net;
using System.Text;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Web.Tests.SignIn;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class FailuresCsvTests(SignInDatabase database) : IClassFixture<SignInDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("=HYPERLINK(1)", "'=HYPERLINK(1)")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("\n=1", "\"'\n=1\"")]
    [InlineData("=1,\"2\"", "\"'=1,\"\"2\"\"\"")]
    [InlineData("a=1", "a=1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a \"b\"", "\"a \"\"b\"\"\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("Grüße 😀", "Grüße 😀")]
    public void Every_cell_is_quoted_as_it_has_to_be_and_none_is_a_formula(string value, string cell)
    {
        var line = FailuresCsv.Line(new(value, new(RowOutcome.Failed, value, value), 2, value, Sample.Now));
        Assert.Equal($"{cell},failed,{cell},{cell},2,{cell},2026-03-14T15:09:26.000Z", line);
    }

    [Fact]
    public async Task The_file_is_for_whoever_is_signed_in_and_holds_every_failure()
    {
        await using var app = await database.StartAppAsync();
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill,
            ("=cmd|' /C calc'!A0", "failed", "provider", "400", "-2+3 \"quoted\", and\r\nbroken"), ("2", "tooLong", "provider", null, null), ("3", "emptySource", null, null, null));
        using var stranger = app.NewVisitor();
        using var denied = await stranger.GetAsync($"/runs/{run.Id}/failures.csv");
        Assert.Equal(HttpStatusCode.Redirect, denied.StatusCode);
        Assert.Contains("/sign-in", denied.Headers.Location!.OriginalString, StringComparison.Ordinal);

        using var visitor = app.NewVisitor();
        (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
        using var answer = await visitor.GetAsync($"/runs/{run.Id}/failures.csv");

        Assert.Equal((HttpStatusCode.OK, "text/csv", "utf-8"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentType.CharSet));
        Assert.Equal($"run-{run.Id}-failures.csv", answer.Content.Headers.ContentDisposition!.FileName);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var lines = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Matches("^key,outcome,stage,code,attempts,message,at\r\n2,tooLong,provider,,1,,[0-9T:.-]+Z\r\n'=cmd\\|' /C calc'!A0,failed,provider,400,1,\"'-2\\+3 \"\"quoted\"\", and\r\nbroken\",[0-9T:.-]+Z\r\n$", lines);
        using var missing = await visitor.GetAsync("/runs/4711/failures.csv");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task A_hundred_thousand_failures_come_as_they_are_read()
    {
        await using var app = await database.StartAppAsync();
        var run = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        await database.Database.ExecuteAsync($"insert into embedding_admin.row_result (run, row_key, outcome, attempt) select {run.Id}, n::text, 'failed', 1 from generate_series(1, 100000) n", Cancel);
        using var visitor = app.NewVisitor();
        (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();

        using var answer = await visitor.GetAsync($"/runs/{run.Id}/failures.csv");

        Assert.True(answer.Headers.TransferEncodingChunked);
        Assert.Equal(100_001, (await answer.Content.ReadAsStringAsync(Cancel)).Count(c => c == '\n'));
    }
}
