using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>A run under the limits that known servers enforce, with the settings that are meant for them: nothing is refused that could have been known.</summary>
public sealed class ServerLimitsTests(AssemblyStack stack)
{
    [Fact]
    public async Task Requests_stay_under_the_bytes_by_which_OpenAI_estimates_tokens()
    {
        // 1.24 MB together: its gate takes 1.2 MB.
        await using var engine = await StartAsync(ServerLimits.OpenAi, 40, "title = id || repeat(' word', 6200)", ("Embeddings:CutsLongTexts", "false"));

        var run = await engine.BackfillAsync();

        Assert.Equal(Verdict.Verified, run.Verdict);
        Assert.Equal((2L, 40L, 0), (engine.Provider.Counts.Calls, engine.Provider.Counts.Texts, engine.Provider.Counts.SeenAgain));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task No_more_texts_are_sent_than_a_server_takes_and_a_text_that_it_refuses_is_listed()
    {
        // The values of the profile tei; the eleventh text has 600 tokens.
        await using var engine = await StartAsync(
            ServerLimits.Tei, 40, "title = case id when 11 then id || repeat(' abc', 598) else 'short ' || id end",
            ("Embeddings:BatchSize", "32"), ("Embeddings:MaxTextTokens", "512"), ("Embeddings:CutsLongTexts", "true"), ("Embeddings:MaxTextBytes", "4096"));

        var run = await engine.BackfillAsync();

        Assert.Equal(Verdict.FinishedWithFailures, run.Verdict);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 39).Add(RowOutcome.TooLong, 1), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal("11 413", await engine.Database.ScalarAsync<string>("select row_key || ' ' || code from embedding_admin.row_result", TestEngine.Cancel));
        // Two for the short ones, and one for the long one alone.
        Assert.Equal((3L, 0), (engine.Provider.Counts.Calls, engine.Provider.Counts.SeenAgain));
    }

    [Fact]
    public async Task A_text_of_which_a_server_reads_only_the_beginning_is_listed_and_never_stored()
    {
        // The values of the profile ollama; the eleventh text has 3,000 tokens, the twelfth 2,000.
        await using var engine = await StartAsync(
            ServerLimits.Ollama, 40, "title = case id when 11 then id || repeat(' abc', 2998) when 12 then id || repeat(' abc', 1998) else 'short ' || id end",
            ("Embeddings:BatchSize", "64"), ("Embeddings:MaxTextTokens", "2048"), ("Embeddings:CutsLongTexts", "true"), ("Embeddings:MaxTextBytes", "16384"));

        var run = await engine.BackfillAsync();

        Assert.Equal(Verdict.FinishedWithFailures, run.Verdict);
        Assert.Equal("11 EA-PRV-28", await engine.Database.ScalarAsync<string>("select row_key || ' ' || code from embedding_admin.row_result", TestEngine.Cancel));
        Assert.Equal(39L, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
        Assert.Empty(await engine.DifferencesAsync("embedding is not null"));
    }

    private async Task<TestEngine> StartAsync(ServerLimits limits, int rows, string texts, params (string Key, string Value)[] settings)
    {
        var engine = await TestEngine.StartAsync(stack.Postgres, rows, settings);
        await engine.Database.ExecuteAsync($"update stories set content = null, genre = null, tags = null, {texts}", TestEngine.Cancel);
        engine.Provider.Script.Limits = limits;
        return engine;
    }
}
