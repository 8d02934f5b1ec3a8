using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>A provider that deviates whenever a certain text is in a request, and one that does nothing else.</summary>
public sealed class DeviatingTextTests(AssemblyStack stack)
{
    private const int Rows = 24;
    private const string Poison = "zzpoison";

    /// <summary>What a text may bring about, and the row's outcome, code and sentence.</summary>
    public static TheoryData<string, RowOutcome, string, string> OfOneText => new()
    {
        { "too-long", RowOutcome.TooLong, "400", "EA-PRV-20" }, { "too-long-413", RowOutcome.TooLong, "413", "EA-PRV-20" }, { "too-long-ollama", RowOutcome.TooLong, "400", "EA-PRV-20" },
        { "invalid-input", RowOutcome.Failed, "400", "EA-PRV-21" }, { "quotes-text", RowOutcome.Failed, "422", "EA-PRV-21" },
        { "max-tokens", RowOutcome.Failed, "400", "EA-PRV-06" }, { "too-large-html", RowOutcome.Failed, "413", "EA-PRV-06" },
        { "nan-500", RowOutcome.Failed, "500", "EA-PRV-19" }, { "http-520", RowOutcome.Failed, "520", "EA-PRV-19" },
        { "nan", RowOutcome.Failed, "EA-PRV-11", "NaN at position 3 of 24" }, { "infinite", RowOutcome.Failed, "EA-PRV-11", "Infinity at position 3" }, { "negative-infinite", RowOutcome.Failed, "EA-PRV-11", "-Infinity at position 3" },
        { "too-large-number", RowOutcome.Failed, "EA-PRV-11", "Infinity at position 3" }, { "zero", RowOutcome.Failed, "EA-PRV-12", "no direction" }, { "not-unit", RowOutcome.Failed, "EA-PRV-13", "although the model promises 1" },
        { "empty-vector", RowOutcome.Failed, "EA-PRV-10", "0 dimensions" }, { "half-dimensions", RowOutcome.Failed, "EA-PRV-10", "12 dimensions" }, { "dimensions-768", RowOutcome.Failed, "EA-PRV-10", "768 dimensions" }, { "doubles", RowOutcome.Failed, "EA-PRV-10", "48 dimensions" },
        { "null-number", RowOutcome.Failed, "EA-PRV-22", "not an answer" }, { "string-number", RowOutcome.Failed, "EA-PRV-22", "not an answer" }, { "literal-nan", RowOutcome.Failed, "EA-PRV-22", "nothing that can be read" },
        { "odd-bytes", RowOutcome.Failed, "EA-PRV-22", "not an answer" }, { "not-base64", RowOutcome.Failed, "EA-PRV-22", "not an answer" },
    };

    /// <summary>What is the matter with all answers: nothing is stored, and after one more try the run ends with the code.</summary>
    public static TheoryData<string, string> OfEveryAnswer => new()
    {
        { "error-in-200", "EA-PRV-07" }, { "no-data", "EA-PRV-08" }, { "empty-data", "EA-PRV-08" }, { "null-element", "EA-PRV-08" }, { "fewer", "EA-PRV-08" }, { "more", "EA-PRV-08" },
        { "no-index", "EA-PRV-09" }, { "repeated-index", "EA-PRV-09" }, { "index-too-large", "EA-PRV-09" }, { "negative-index", "EA-PRV-09" }, { "huge", "EA-PRV-14" }, { "same-vectors", "EA-PRV-25" },
    };

    [Theory]
    [MemberData(nameof(OfOneText))]
    public async Task The_row_is_found_and_listed_and_every_other_row_has_its_vector(string name, RowOutcome outcome, string code, string sentence)
    {
        await using var engine = await StartAsync(17);
        engine.Provider.Script.Play(Deviation.Named(name), Occasion.Containing(Poison));

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (run.Status, run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, Rows - 1).Add(outcome, 1), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal($"17 {code}", await engine.Database.ScalarAsync<string>("select row_key || ' ' || code from embedding_admin.row_result", TestEngine.Cancel));
        Assert.Contains(sentence, await engine.Database.ScalarAsync<string>("select message from embedding_admin.row_result", TestEngine.Cancel), StringComparison.Ordinal);
        Assert.Empty(await engine.DifferencesAsync("embedding is not null"));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(embedding) from stories where id = 17", TestEngine.Cancel));
        Assert.InRange(engine.Provider.Counts.Calls, 2, (int)(2 * Math.Log2(Rows)) + 8);
        // What was charged for a vector that is of no use is charged all the same.
        if (code is "EA-PRV-10" or "EA-PRV-11" or "EA-PRV-12" or "EA-PRV-13")
            Assert.Equal(engine.Provider.Counts.Tokens, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Tokens);
    }

    [Theory]
    [MemberData(nameof(OfEveryAnswer))]
    public async Task Of_answers_that_never_make_sense_nothing_is_stored_and_the_run_ends(string name, string code)
    {
        await using var engine = await StartAsync();
        engine.Provider.Script.Play(Deviation.Named(name), Occasion.Always);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Errored, code), (run.Status, run.ReasonCode));
        Assert.Equal(2L, engine.Provider.Counts.Calls);
        Assert.Equal((0L, 0L), (await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel), await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.stamp", TestEngine.Cancel)));
    }

    [Fact]
    public async Task Texts_that_the_server_cuts_in_silence_are_found_by_what_is_charged_for_them()
    {
        // Sixteen tokens are what the server reads of a text; a quarter of the bytes is what it charges.
        await using var engine = await StartAsync([], ("Embeddings:MaxTextTokens", "16"), ("Embeddings:MaxTextBytes", "32764"));
        await engine.Database.ExecuteAsync("update stories set title = 'short ' || id, content = null, genre = null where id <= 20; update stories set content = null, genre = null, title = repeat('many words ', 20) || id where id > 20", TestEngine.Cancel);
        engine.Provider.Script.Play(Deviation.Named("texts-cut"), Occasion.Always);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (run.Status, run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 20).Add(RowOutcome.TooLong, 4), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal(4, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.row_result where row_key::int > 20 and code = 'EA-PRV-28' and message like '%the rest was cut%'", TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync("embedding is not null"));
        // What was cut was charged all the same.
        Assert.Equal(engine.Provider.Counts.Tokens, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Tokens);
    }

    [Fact]
    public async Task Different_texts_that_get_one_vector_also_alone_are_listed_and_no_others()
    {
        // Cut after the same words, they are the same to the server.
        await using var engine = await StartAsync([]);
        await engine.Database.ExecuteAsync($"update stories set title = '{Poison} ' || repeat('the same words ', 10) || id where id in (5, 17)", TestEngine.Cancel);
        engine.Provider.Script.Play(Deviation.Named("texts-cut"), Occasion.Containing(Poison));

        var run = await engine.BackfillAsync();

        Assert.Equal(Verdict.FinishedWithFailures, run.Verdict);
        Assert.Equal("17,5", await engine.Database.ScalarAsync<string>("select string_agg(row_key, ',' order by row_key) from embedding_admin.row_result where code = 'EA-PRV-25'", TestEngine.Cancel));
        Assert.Equal(Rows - 2, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
    }

    private Task<TestEngine> StartAsync(params int[] poisoned) => StartAsync(poisoned, []);

    /// <summary>Twenty-four rows, which are one request.</summary>
    private async Task<TestEngine> StartAsync(int[] poisoned, params (string Key, string Value)[] settings)
    {
        var engine = await TestEngine.StartAsync(stack.Postgres, Rows, [("Embeddings:Concurrency", "1"), .. settings]);
        await engine.Database.ExecuteAsync($"update stories set title = '{Poison} ' || id where id = any('{{{string.Join(',', poisoned)}}}')", TestEngine.Cancel);
        return engine;
    }
}
