using EmbeddingAdmin.Access;
using EmbeddingAdmin.Database.Tests.Commands;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>The provider's key is changed while a run is there: the run takes it at its next call, and its log says under which keys it went.</summary>
public sealed class KeyChangeTests(AssemblyStack stack) : IDisposable
{
    private const string First = "sk-planted-first-0123456789";
    private const string Second = "planted-second-of-no-form-0123456789";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("embedding-admin-");

    private static string FirstPrint => SupabaseKey.Read(First).Fingerprint;

    private static string SecondPrint => SupabaseKey.Read(Second).Fingerprint;

    private static string Changed => $"The provider's key changed from fingerprint {FirstPrint} to {SecondPrint}; requests from now on use the new one.";

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_run_takes_a_new_key_at_its_next_call_and_notes_both_by_fingerprint()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400, ("Embeddings:ApiKey", First), ("Embeddings:Concurrency", "4"));
        engine.Provider.Script.Hang = true;
        await engine.HostAsync();
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight > 0, TestEngine.Cancel);
        Assert.Equal($"Bearer {First}", engine.Provider.LastRequest!.Authorization);

        engine.Set("Embeddings:ApiKey", Second);
        engine.Provider.Script.Hang = false;
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, FirstPrint), (ended.Run.Status, ended.Run.Verdict, ended.Run.Plan.KeyFingerprint));
        Assert.Equal($"Bearer {Second}", engine.Provider.LastRequest!.Authorization);
        // Four pages were under way when it changed, and all of them met it at their next call.
        Assert.Equal([Changed], await KeyEventsAsync(engine, run.Id));
        Assert.Empty(await engine.DifferencesAsync());
        await NoKeyIsKeptAsync(engine);
    }

    [Fact]
    public async Task A_run_that_was_paused_for_its_key_goes_on_after_resume_with_the_new_one_and_without_a_new_start()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 300, ("Embeddings:ApiKey", First));
        await engine.HostAsync();
        engine.Provider.Script.Hang = true;
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight > 0, TestEngine.Cancel);
        // The provider has drawn the first key in, and quotes what it refuses.
        engine.Provider.Script.Key = Second;
        engine.Provider.Script.Hang = false;
        var paused = await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused);
        Assert.Equal(ErrorCodes.KeyRefused, paused.Run.ReasonCode);
        Assert.Contains("In a file of settings it counts from the next request on", paused.Run.Reason, StringComparison.Ordinal);

        // A wrong one is not taken, so that the run still has the old one, which is refused.
        engine.Set("Embeddings:ApiKey", "sb_secret_0123456789abcdefghijAB_01234567");
        await ResumeAsync(engine, run);
        await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused && seen.Run.Version > paused.Run.Version + 1);
        Assert.Empty(await KeyEventsAsync(engine, run.Id));

        engine.Set("Embeddings:ApiKey", Second);
        await ResumeAsync(engine, run);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (ended.Run.Status, ended.Run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 300), ended.Receipt);
        Assert.Equal([Changed], await KeyEventsAsync(engine, run.Id));
        Assert.Empty(await engine.DifferencesAsync());
        await NoKeyIsKeptAsync(engine);
    }

    [Fact]
    public async Task What_was_noted_is_not_noted_again_by_the_next_worker()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100, ("Embeddings:ApiKey", First));
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        engine.Set("Embeddings:ApiKey", Second);
        // However many requests are on their way when the first of them is refused.
        (engine.Provider.Script.Failure, engine.Provider.Script.FailEvery) = (new(401, "{}"), 1);
        Assert.Equal(RunStatus.Paused, (await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel)).Status);

        engine.Provider.Script.FailEvery = 0;
        await ResumeAsync(engine, run);
        var ended = (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal(RunStatus.Succeeded, ended.Status);
        Assert.Equal([Changed], await KeyEventsAsync(engine, run.Id));
    }

    [Fact]
    public async Task A_run_whose_key_never_changes_notes_none()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60, ("Embeddings:ApiKey", First));
        var run = await engine.BackfillAsync();
        Assert.Equal((RunStatus.Succeeded, FirstPrint), (run.Status, run.Plan.KeyFingerprint));
        Assert.Empty(await KeyEventsAsync(engine, run.Id));
        Assert.Null((await engine.VerifyAsync()).Plan.KeyFingerprint);
    }

    [Fact]
    public async Task The_program_itself_takes_a_key_from_its_env_file_while_it_is_up()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200);
        engine.Provider.Script.Key = Second;
        var env = Path.Combine(_folder.FullName, ".env");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "appsettings.json"), "{}", TestEngine.Cancel);
        await File.WriteAllTextAsync(env, $"OPENAI_API_KEY={First}\n", TestEngine.Cancel);
        await using var worker = App.StartIn(_folder.FullName,
        [
            ("ConnectionStrings__Postgres", engine.Database.ConnectionString), ("Role", "worker"), ("urls", "http://127.0.0.1:0"), ("DataProtection__Folder", Path.Combine(_folder.FullName, "keys")),
            ("Embeddings__Endpoint", engine.Provider.Endpoint), ("Tables__0__Name", "stories"), ("Tables__0__Vector", "embedding"), ("Tables__0__Text", "{title}\n{content}\nGenre: {genre}\nTags: {tags}"),
        ]);
        // Planned by a process that has the good key: the worker has not.
        await using var planner = engine.Another(null, ("Embeddings:ApiKey", Second));
        var run = await planner.GetControl().StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var paused = await engine.UntilAsync(run.Id, seen => seen.Run.Status == RunStatus.Paused);
        Assert.True(paused.Run.ReasonCode == ErrorCodes.KeyRefused, paused.Run.Reason);

        await File.WriteAllTextAsync($"{env}.new", $"# rotated\nOPENAI_API_KEY='{Second}'\n", TestEngine.Cancel);
        File.Move($"{env}.new", env, overwrite: true);
        await worker.Error.LineWithAsync($"Embeddings:ApiKey: the key with the fingerprint {SecondPrint} is in force now; before it was {FirstPrint}");
        await ResumeAsync(engine, run);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (ended.Run.Status, ended.Run.Verdict));
        Assert.Equal(
            [$"The provider's key changed from fingerprint {SecondPrint} to {FirstPrint}; requests from now on use the new one.", Changed],
            await KeyEventsAsync(engine, run.Id));
        await NoKeyIsKeptAsync(engine);
        await worker.SignalAsync("TERM");
        var said = await worker.EndAsync();
        Assert.DoesNotContain("planted", said.Output + said.Error, StringComparison.Ordinal);
    }

    private static async Task ResumeAsync(TestEngine engine, Run run) =>
        Assert.True((await engine.Control.AskAsync(run.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel)).Done);

    private static async Task<IReadOnlyList<string>> KeyEventsAsync(TestEngine engine, long run) =>
        [.. (await engine.Events.OfRunAsync(run, 1000, TestEngine.Cancel)).Where(happened => happened.Kind == "run.key").Select(happened => happened.Sentence).Reverse()];

    /// <summary>Looks for the keys in everything that is kept of runs.</summary>
    private static async Task NoKeyIsKeptAsync(TestEngine engine)
    {
        foreach (var table in (string[])["run", "event", "run_progress", "row_result", "batch"])
            Assert.Equal(0, await engine.Database.ScalarAsync<long>($"select count(*) from embedding_admin.{table} t where t::text like '%planted%'", TestEngine.Cancel));
    }
}
