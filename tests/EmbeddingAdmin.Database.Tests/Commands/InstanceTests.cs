using System.Net;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Commands;

/// <summary>Several programs on one database, as processes.</summary>
public sealed class InstanceTests(AssemblyStack stack) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("embedding-admin-");

    public void Dispose() => _keys.Delete(recursive: true);

    [Fact]
    public async Task A_worker_that_is_asked_to_end_while_the_provider_hangs_is_gone_within_25_s_and_the_next_one_goes_on()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200);
        engine.Provider.Script.Hang = true;
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await using (var worker = App.Start(Settings(engine, "worker")))
        {
            await engine.Provider.Counts.WhenAsync(counts => counts.InFlight > 0, TestEngine.Cancel);
            var asked = TimeProvider.System.GetTimestamp();
            await worker.SignalAsync("TERM");
            var ended = await worker.EndAsync().WaitAsync(Patience, TimeProvider.System, TestEngine.Cancel);

            Assert.Equal(0, ended.ExitCode);
            // Beside the 25 s, what a busy machine takes to send a signal and to see a process end.
            Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(25 + 20));
            Assert.Equal(RunStatus.Interrupted, (await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!.Status);
            Assert.DoesNotContain("Sign in", ended.Output, StringComparison.Ordinal);
        }

        engine.Provider.Script.Hang = false;
        await using var next = App.Start(Settings(engine, "worker"));
        var done = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal((RunStatus.Succeeded, Receipt.Empty.Add(RowOutcome.Written, 200)), (done.Run.Status, done.Receipt));
        Assert.Empty(await engine.DifferencesAsync());
        await EndAsync(next);
    }

    [Fact]
    public async Task A_worker_shows_no_pages_and_a_dashboard_drives_no_runs()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var run = await engine.Control.StartAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Control.AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        await using var dashboard = App.Start(Settings(engine, "dashboard"));
        var shown = new Uri((await dashboard.Output.LineWithAsync("Sign in")).Split(' ')[^1]);
        await engine.UntilSqlAsync("select count(*) = 1 from embedding_admin.instance where role = 'dashboard'");

        var resumed = await App.RunAsync(Settings(engine, "both"), "resume", $"{run.Id}");
        Assert.Equal((0, $"Run {run.Id} is enqueued. No worker is up to drive it; it goes on when one is started."), (resumed.ExitCode, resumed.Output));
        // It is called, and nobody comes.
        await engine.UntilSqlAsync("select count(*) = 1 from embedding_admin.qrtz_triggers where trigger_group = 'runs' and trigger_state = 'WAITING'");

        await using var worker = App.Start(Settings(engine, "worker"));
        await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Succeeded);
        await engine.UntilSqlAsync("select count(*) = 1 from embedding_admin.instance where role = 'worker'");
        var address = new Uri((await worker.Output.LineWithAsync("listening on")).Split(' ')[^1]);
        using var http = new HttpClient();
        foreach (var page in (string[])["/", "/sign-in", "/runs", "/app.css", "/_blazor"])
        {
            using var answer = await http.GetAsync(new Uri(address, page), TestEngine.Cancel);
            Assert.Equal((HttpStatusCode.NotFound, "This instance drives runs and shows no pages."), (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestEngine.Cancel)));
        }

        Assert.Equal("ok", await http.GetStringAsync(new Uri(address, "/healthz"), TestEngine.Cancel));
        Assert.Equal("ready", await http.GetStringAsync(new Uri(address, "/readyz"), TestEngine.Cancel));
        // Links lead to the dashboard, though the worker was started last.
        var link = await App.RunAsync(Settings(engine, "both"), "sign-in");
        Assert.Contains(shown.GetLeftPart(UriPartial.Authority), link.Output, StringComparison.Ordinal);
        await EndAsync(dashboard);
        await engine.UntilSqlAsync("select not exists (select from embedding_admin.instance where role = 'dashboard')");
        Assert.Equal("EA-CLI-03", (await App.RunAsync(Settings(engine, "both"), "sign-in", "--json")).ErrorCode);
        await EndAsync(worker);
    }

    private static async Task EndAsync(App app)
    {
        await app.SignalAsync("TERM");
        Assert.Equal(0, (await app.EndAsync().WaitAsync(Patience, TimeProvider.System, TestEngine.Cancel)).ExitCode);
    }

    private (string Name, string Value)[] Settings(TestEngine engine, string role) =>
    [
        ("ConnectionStrings__Postgres", engine.Database.ConnectionString), ("Role", role), ("urls", "http://127.0.0.1:0"), ("DataProtection__Folder", _keys.FullName),
        ("Embeddings__Provider", "openai"), ("Embeddings__Endpoint", engine.Provider.Endpoint), ("Embeddings__ApiKey", "test-key"),
        ("Tables__0__Name", "stories"), ("Tables__0__Vector", "embedding"), ("Tables__0__Text", "{title}\n{content}\nGenre: {genre}\nTags: {tags}"),
    ];
}
