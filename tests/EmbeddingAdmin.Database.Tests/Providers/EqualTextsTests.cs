using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>Rows with the same text: each has its vector, and the text is paid for once.</summary>
public sealed class EqualTextsTests(AssemblyStack stack)
{
    [Theory]
    [InlineData("vector")]
    [InlineData("halfvec")]
    public async Task Equal_texts_of_a_run_are_sent_once_whatever_page_they_are_in(string type)
    {
        await using var engine = await StartAsync(type);

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (run.Status, run.Verdict));
        var (receipt, tokens) = await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 300), receipt);
        Assert.Equal((7L, 0, engine.Provider.Counts.Tokens), (engine.Provider.Counts.Texts, engine.Provider.Counts.SeenAgain, tokens));
        if (type == "vector")
            Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(7L, await engine.Database.ScalarAsync<long>("select count(distinct embedding::text) from stories", TestEngine.Cancel));
        Assert.Equal(Verdict.Verified, (await engine.VerifyAsync()).Verdict);
    }

    [Fact]
    public async Task A_text_that_is_refused_is_refused_in_all_its_rows_and_sent_no_more_for_it()
    {
        await using var engine = await StartAsync("vector");
        await engine.Database.ExecuteAsync("update stories set title = 'zzpoison' where id % 7 = 3", TestEngine.Cancel);
        engine.Provider.Script.Refuse(text => text.Contains("zzpoison", StringComparison.Ordinal), new(400, """{"error":{"message":"'$.input' is invalid."}}"""));

        var run = await engine.BackfillAsync();

        var poisoned = await engine.Database.ScalarAsync<long>("select count(*) from stories where id % 7 = 3", TestEngine.Cancel);
        Assert.Equal(Verdict.FinishedWithFailures, run.Verdict);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 300 - poisoned).Add(RowOutcome.Failed, poisoned), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal(poisoned, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.row_result where code = '400' and message like '%EA-PRV-21%'", TestEngine.Cancel));
        // Once in the request of all seven, and then in each half.
        Assert.InRange(engine.Provider.Counts.Calls, 1, 7);
    }

    [Fact]
    public async Task Who_takes_a_run_up_goes_on_with_what_was_written_and_trusts_no_row_that_somebody_changed()
    {
        await using var engine = await StartAsync("vector", ("Embeddings:Concurrency", "1"));
        // Two texts that come late, so that there is something to be sent when the seven are all written.
        await engine.Database.ExecuteAsync("update stories set title = 'late' where id in (120, 280)", TestEngine.Cancel);
        engine.Provider.Script.Next(new(), new(429, """{"error":{"code":"insufficient_quota"}}"""));
        var run = await engine.BackfillAsync();
        Assert.Equal(RunStatus.Paused, run.Status);
        Assert.InRange(await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel), 50, 100);

        // Somebody puts something else where the first text was written, everywhere.
        await engine.Database.ExecuteAsync($"update stories set embedding = (select embedding from stories where id = 2) where id % 7 = 1 and embedding is not null", TestEngine.Cancel);
        await engine.Control.AskAsync(run.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel);
        await using var another = engine.Another(null, ("Backfill:BatchSize", "50"), ("Embeddings:Concurrency", "1"));
        var ended = (await another.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;

        Assert.Equal(RunStatus.Succeeded, ended.Status);
        var first = await engine.Database.ScalarAsync<long>("select count(*) from stories s where id % 7 = 1 and id > 100 and embedding::text = (select embedding::text from stories where id = 2)", TestEngine.Cancel);
        Assert.Equal(0, first);
        // The first text once more, because no row of it was left to believe; the first late one twice, because the first try was not answered.
        Assert.Equal(11L, engine.Provider.Counts.Texts);
        Assert.Equal(2, engine.Provider.Counts.SeenAgain);
    }

    [Fact]
    public async Task A_sample_that_is_embedded_again_pays_for_a_text_once()
    {
        await using var engine = await StartAsync("vector");
        await engine.BackfillAsync();

        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Verify, "stories") { Sample = 100 }, TestEngine.Operator, TestEngine.Cancel);
        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal(Verdict.Verified, ended.Verdict);
        Assert.Equal((14L, 7), (engine.Provider.Counts.Texts, engine.Provider.Counts.SeenAgain));
    }

    [Fact]
    public async Task Another_run_sends_them_again()
    {
        await using var engine = await StartAsync("vector");
        await engine.BackfillAsync();

        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Keys = ["1", "8", "2"] });

        Assert.Equal((9L, 2), (engine.Provider.Counts.Texts, engine.Provider.Counts.SeenAgain));
    }

    /// <summary>Three hundred rows with seven texts, in pages of fifty.</summary>
    private async Task<TestEngine> StartAsync(string type, params (string Key, string Value)[] settings)
    {
        var engine = await TestEngine.StartAsync(stack.Postgres, 300, [("Backfill:BatchSize", "50"), .. settings]);
        await engine.Database.ExecuteAsync(
            $"""
            update stories s set (title, content, genre, tags) = (select title, content, genre, tags from stories f where f.id = (s.id - 1) % 7 + 1);
            alter table stories alter column embedding type extensions.{type}({TestEngine.Dimensions});
            """, TestEngine.Cancel);
        return engine;
    }
}
