using System.Net;
using System.Text.Json;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Tests.SignIn;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class ReportEndpointTests(SignInDatabase database) : IClassFixture<SignInDatabase>
{
    [Fact]
    public async Task The_report_is_fetched_as_JSON_by_who_is_signed_in_and_is_kept_by_no_browser()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var app = await database.StartAppAsync();
        var run = await ListedRows.ListAsync(database.Database, RunKind.Verify, ("1", "reverted", null, "EA-VER-02", null));
        var backfill = await ListedRows.ListAsync(database.Database, RunKind.Backfill);
        using var stranger = app.NewVisitor();
        using var denied = await stranger.GetAsync($"/runs/{run.Id}/report.json");
        Assert.Equal(HttpStatusCode.Redirect, denied.StatusCode);

        using var visitor = app.NewVisitor();
        (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
        using var answer = await visitor.GetAsync($"/runs/{run.Id}/report.json");
        Assert.Equal((HttpStatusCode.OK, "application/json", $"run-{run.Id}-report.json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.FileName));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel)).RootElement;
        Assert.Equal((run.Id, 10, "reverted"), (json.GetProperty("run").GetInt64(), json.GetProperty("checks").GetArrayLength(), json.GetProperty("checks")[1].GetProperty("check").GetString()));
        foreach (var id in (long[])[backfill.Id, 4711])
        {
            using var missing = await visitor.GetAsync($"/runs/{id}/report.json");
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
    }
}
