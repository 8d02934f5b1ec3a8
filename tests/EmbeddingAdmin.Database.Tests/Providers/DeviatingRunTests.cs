using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>What a run makes of a provider that deviates in one request, and is well before and afterwards: what is stored, how many calls it takes, and where the run stands then.</summary>
public sealed class DeviatingRunTests(AssemblyStack stack)
{
    private const int Rows = 24;

    // One request for all rows, and one for the rows when they were sent in vain.
    private const int Again = 2;

    // By halves: each half that is well says that the other is not.
    private const int ByHalves = 10;

    /// <summary>The run goes on by itself, and every row has its vector.</summary>
    public static TheoryData<string, int> GoesOn => new()
    {
        { "rate-bare", Again }, { "rate-ms", Again }, { "rate-seconds", Again }, { "rate-negative", Again }, { "rate-overloaded", Again },
        { "too-long", ByHalves }, { "too-long-413", ByHalves }, { "too-long-ollama", ByHalves }, { "invalid-input", ByHalves }, { "quotes-text", ByHalves },
        { "max-tokens", 3 }, { "too-many-inputs", 3 }, { "too-many-inputs-422", 3 }, { "too-many-inputs-413", 3 }, { "too-large-html", 3 },
        { "http-500", ByHalves }, { "nan-500", ByHalves }, { "http-520", ByHalves },
        { "http-502", Again }, { "http-503", Again }, { "http-503-later", Again }, { "http-504", Again }, { "http-522", Again }, { "http-524", Again }, { "http-529", Again },
        { "hang", Again }, { "drip", Again }, { "drop", Again }, { "cut", Again },
        { "error-in-200", Again }, { "html-200", Again }, { "empty-200", Again }, { "no-data", Again }, { "null-data", ByHalves }, { "empty-data", Again }, { "huge", Again }, { "huge-unannounced", Again },
        { "no-index", Again }, { "repeated-index", Again }, { "index-too-large", Again }, { "negative-index", Again }, { "null-element", Again }, { "fewer", Again }, { "more", Again },
        { "same-vectors", Again }, { "two-same-vectors", 3 },
        { "null-number", ByHalves }, { "string-number", ByHalves }, { "literal-nan", ByHalves }, { "odd-bytes", ByHalves }, { "not-base64", ByHalves },
        { "nan", 2 }, { "infinite", 2 }, { "negative-infinite", 2 }, { "too-large-number", 2 }, { "zero", 2 }, { "empty-vector", 2 }, { "half-dimensions", 2 }, { "dimensions-768", 2 }, { "doubles", 2 }, { "not-unit", 2 },
        { "reverse-order", 1 }, { "floats", 1 }, { "no-usage", 1 }, { "no-model-named", 1 },
    };

    /// <summary>Somebody has to act, or the time is longer than a request is held: nothing is stored, nothing is tried again, and Resume ends it.</summary>
    public static TheoryData<string, string, string> Pauses => new()
    {
        { "wrong-key-masked", "EA-PRV-01", "Set a valid key" }, { "wrong-key-quoted", "EA-PRV-01", "Set a valid key" }, { "region", "EA-PRV-02", "Allow the key's project" }, { "project", "EA-PRV-02", "Allow the key's project" },
        { "no-model", "EA-PRV-03", "Check Embeddings:Model" }, { "quota", "EA-PRV-05", "Top the account up" }, { "credit", "EA-PRV-05", "Top the account up" }, { "payment", "EA-PRV-05", "Top the account up" },
        { "rate-date", "EA-PRV-18", "It may be asked again from" }, { "rate-day", "EA-PRV-18", "It may be asked again from" }, { "rate-headers", "EA-PRV-18", "It may be asked again from" },
        { "dimensions", "EA-PRV-04", "Embeddings:SendDimensions" }, { "dimensions-minimum", "EA-PRV-04", "Embeddings:SendDimensions" }, { "dimensions-matryoshka", "EA-PRV-04", "Embeddings:SendDimensions" },
        { "no-base64", "EA-PRV-24", "Update the server" }, { "no-embeddings", "EA-PRV-24", "Check Embeddings:Endpoint" }, { "not-implemented", "EA-PRV-24", "Check Embeddings:Endpoint" },
        { "redirect-302", "EA-PRV-23", "Check Embeddings:Endpoint" }, { "redirect-307", "EA-PRV-23", "Check Embeddings:Endpoint" }, { "other-model", "EA-PRV-26", "Find out what it was changed to" },
    };

    /// <summary>The deviations of a request that have a test of their own, because they are about single texts.</summary>
    private static readonly string[] Elsewhere = ["texts-cut"];

    [Fact]
    public void Every_deviation_is_in_one_of_the_tables() => Assert.Equal(
        Deviation.All.Select(deviation => deviation.Name).Order(StringComparer.Ordinal),
        GoesOn.Select(row => row.Data.Item1).Concat(Pauses.Select(row => row.Data.Item1)).Concat(Elsewhere).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(GoesOn))]
    public async Task The_run_goes_on_and_ends_verified(string name, int calls)
    {
        await using var engine = await StartAsync(name);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (run.Status, run.Verdict, run.ReasonCode));
        Assert.InRange(engine.Provider.Counts.Calls, calls == ByHalves ? 2 : calls, calls);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, Rows), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Theory]
    [MemberData(nameof(Pauses))]
    public async Task The_run_is_paused_at_once_with_what_to_do_and_goes_on_afterwards(string name, string code, string toDo)
    {
        await using var engine = await StartAsync(name);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Paused, code), (run.Status, run.ReasonCode));
        Assert.Contains(toDo, run.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", run.Reason, StringComparison.Ordinal);
        Assert.Equal((1L, 0L), (engine.Provider.Counts.Calls, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel)));

        await engine.Control.AskAsync(run.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel);
        await using var restarted = engine.Another();
        var ended = (await restarted.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (ended.Status, ended.Verdict));
        Assert.Empty(await engine.DifferencesAsync());
    }

    /// <summary>Twenty-four rows, which are one request; the first one is answered so.</summary>
    private async Task<TestEngine> StartAsync(string name)
    {
        // Only these two have no other end than the client's own, which must not come to a good answer of a busy machine.
        var engine = await TestEngine.StartAsync(stack.Postgres, Rows, ("Embeddings:Concurrency", "1"), ("Embeddings:Timeout", name is "hang" or "drip" ? "00:00:08" : "00:01:00"));
        engine.Provider.Script.Play(Deviation.Named(name), Occasion.Next());
        return engine;
    }
}
