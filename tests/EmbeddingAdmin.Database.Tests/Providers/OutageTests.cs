using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>A provider that does not answer for a while, for some requests, or for one text.</summary>
public sealed class OutageTests(AssemblyStack stack)
{
    private const string Poison = "zzpoison";

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_run_waits_for_a_provider_that_is_away_says_until_when_and_goes_on_by_itself(int status)
    {
        await using var engine = await StartAsync(250);
        await engine.HostAsync();
        var script = engine.Provider.Script;
        (script.Failure, script.Probe, script.FailEvery) = (new(status, "{}"), new(), 1);

        script.Hang = true;
        var run = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        // The start has probed by now: from here on nothing is answered.
        script.Probe = script.Failure;
        script.Hang = false;
        var waits = await engine.UntilAsync(run.Id, seen => seen.Progress.Waiting?.Contains("times in a row (EA-PRV-19); it is asked again at", StringComparison.Ordinal) == true);
        var calls = engine.Provider.Counts.Calls;
        var probes = engine.Provider.Counts.Probes;
        await engine.UntilAsync(run.Id, _ => engine.Provider.Counts.Probes >= probes + 2);
        Assert.Equal(calls, engine.Provider.Counts.Calls);
        (script.Probe, script.FailEvery) = (new(), 0);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal(RunStatus.Running, waits.Run.Status);
        Assert.NotNull(waits.Progress.WaitingUntil);
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (ended.Run.Status, ended.Run.Verdict));
        Assert.Equal((null, null), (ended.Progress.Waiting, ended.Progress.WaitingUntil));
        Assert.Empty(await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_provider_that_fails_every_other_time_pauses_the_run_when_its_retries_are_spent_and_resume_has_new_ones()
    {
        await using var engine = await StartAsync(250, ("Embeddings:BatchSize", "5"));
        (engine.Provider.Script.Failure, engine.Provider.Script.FailEvery) = (new(503, "{}"), 2);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Paused, ErrorCodes.RetriesSpent), (run.Status, run.ReasonCode));
        Assert.Matches(@"^\d+ requests had to be sent again \d+ times, .+ What was written stays\. Resume the run when the provider is well", run.Reason);

        engine.Provider.Script.FailEvery = 0;
        await engine.Control.AskAsync(run.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel);
        var ended = (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (ended.Status, ended.Verdict, ended.ReasonCode));
        Assert.Empty(await engine.DifferencesAsync());
    }

    public static TheoryData<ScriptedAnswer, string> NoAnswers => new()
    {
        { new(504, "<html>Gateway Timeout</html>", "text/html"), "EA-PRV-19" },
        { Deviation.Named("cut").Answer, "EA-PRV-17" },
        { new(200, "<html>Sorry</html>", "text/html"), "EA-PRV-22" },
    };

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public async Task A_text_that_never_gets_an_answer_is_parked_and_the_others_are_written(ScriptedAnswer answer, string code)
    {
        await using var engine = await StartAsync(50);
        await engine.Database.ExecuteAsync($"update stories set content = '{Poison}' where id = 7", TestEngine.Cancel);
        engine.Provider.Script.Refuse(text => text.Contains(Poison, StringComparison.Ordinal), answer);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (run.Status, run.Verdict));
        var row = Assert.Single(await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel));
        Assert.Equal(("7", RowOutcome.Failed, "provider"), (row.Key, row.Outcome, row.Stage));
        Assert.StartsWith(code, row.Message, StringComparison.Ordinal);
        Assert.Empty(await engine.DifferencesAsync("t.id <> 7"));
        // Four tries, two for each halving, and the second one alone.
        Assert.InRange(engine.Provider.Counts.Calls, 4, 4 + 12 + 1);
    }

    [Fact]
    public async Task The_headers_of_the_answers_tell_the_limits_and_those_of_a_429_hold_everybody()
    {
        await using var engine = await StartAsync(200);
        var limits = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["x-ratelimit-limit-requests"] = "3000",
            ["x-ratelimit-remaining-requests"] = "2998",
            ["x-ratelimit-reset-requests"] = "40ms",
            ["x-ratelimit-limit-tokens"] = "1000000",
            // So many are lacking that they are not all there again before somebody looks.
            ["x-ratelimit-remaining-tokens"] = "100000",
            ["x-ratelimit-reset-tokens"] = "54s",
        };
        engine.Provider.Script.Next(new(429, "{}", Headers: new Dictionary<string, string>(limits, StringComparer.Ordinal) { ["retry-after-ms"] = "300" }), new(Headers: limits));

        var run = await engine.BackfillAsync();

        Assert.Equal(Verdict.Verified, run.Verdict);
        var state = Assert.Single(engine.Services.GetRequiredService<ProviderSource>().Traffic);
        Assert.Equal((3000, RateSource.Headers, 1_000_000, RateSource.Headers), (state.RequestsPerMinute, state.RequestsFrom, state.TokensPerMinute, state.TokensFrom));
        Assert.InRange(state.TokensRemaining!.Value, 1, 999_999);
        Assert.Equal((0, false, 8), (state.InFlight, state.IsOpen, state.MostConcurrency));
        Assert.InRange(state.Concurrency, 1, 3);
    }

    private async Task<TestEngine> StartAsync(int rows, params (string Key, string Value)[] settings)
    {
        var engine = await TestEngine.StartAsync(stack.Postgres, rows, settings);
        engine.Services.GetRequiredService<ProviderSource>().Breaks = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(800), TimeSpan.FromDays(1));
        return engine;
    }
}
