using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>A provider that was well at the start and is not in the middle.</summary>
public sealed class ProviderTroubleTests(AssemblyStack stack)
{
    [Theory]
    [InlineData(401, """{"error":{"message":"Incorrect API key provided: sk-abcde****wxyz.","code":"invalid_api_key"}}""", null, "EA-PRV-01", "Set a valid key in Embeddings:ApiKey")]
    [InlineData(429, """{"error":{"code":"insufficient_quota"}}""", null, "EA-PRV-05", "Top the account up")]
    [InlineData(503, "", "86400", "EA-PRV-19", "It may be asked again from")]
    public async Task What_a_person_must_settle_pauses_the_run_at_once_and_resume_goes_on(int status, string body, string? retryAfter, string code, string words)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1000);
        Dictionary<string, string>? headers = retryAfter is null ? null : new(StringComparer.Ordinal) { ["Retry-After"] = retryAfter };
        // The first two requests are answered, and none of those that others may send before they hear of the third.
        (engine.Provider.Script.Failure, engine.Provider.Script.FailEvery) = (new(status, body, Headers: headers), 1);
        engine.Provider.Script.Next(new(), new());

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Paused, code), (run.Status, run.ReasonCode));
        foreach (var part in (string[])[words, "What was written stays.", "resume"])
            Assert.Contains(part, run.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("EA-", run.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-abcde", run.Reason, StringComparison.Ordinal);
        Assert.True(engine.Provider.Counts.Calls < 20, $"{engine.Provider.Counts.Calls} of 20 calls were made");
        var written = await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel);
        Assert.Equal(written, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[RowOutcome.Written]);
        Assert.InRange(written, 0, 100);
        engine.Provider.Script.FailEvery = 0;

        await engine.Control.AskAsync(run.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel);
        var ended = (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (ended.Status, ended.Verdict, ended.ReasonCode));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 1000), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task The_time_that_a_provider_asks_for_is_waited_and_said()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 50);
        // It asks for time until somebody has seen that.
        engine.Provider.Script.Refuse(_ => true, new ScriptedAnswer(429, "{}", Headers: new Dictionary<string, string>(StringComparer.Ordinal) { ["Retry-After"] = "3" }));
        await engine.HostAsync();
        var asked = TimeProvider.System.GetTimestamp();

        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var waits = await engine.UntilAsync(run.Id, seen => seen.Progress.Waiting is not null);
        engine.Provider.Script.TakeAll();
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Matches(@"^Waiting 3 s for 127\.0\.0\.1:\d+ \(EA-PRV-18\)\. .+ asks to slow down", waits.Progress.Waiting);
        Assert.Equal(RunStatus.Running, waits.Run.Status);
        var again = engine.Provider.Counts.Calls - 1;
        Assert.InRange(again, 1, TimeProvider.System.GetElapsedTime(asked).TotalSeconds / 3);
        Assert.Equal(Verdict.Verified, ended.Run.Verdict);
    }
}
