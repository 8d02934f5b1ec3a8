using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>Texts that the provider refuses: the row is parked with its reason, every other row gets its vector, and nobody else is charged.</summary>
public sealed class PoisonTextTests(AssemblyStack stack)
{
    private const string Poison = "zzpoison";
    private static readonly ScriptedAnswer Refusal = new(400, """{"error":{"message":"'$.input' is invalid. Please check the API reference.","type":"invalid_request_error"}}""");
    private static readonly ScriptedAnswer FailureInside = new(500, """{"error":{"message":"json: unsupported value: NaN","type":"api_error"}}""");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(7, 4)]
    [InlineData(16, 1)]
    [InlineData(16, 16)]
    [InlineData(50, 1)]
    [InlineData(50, 25)]
    [InlineData(50, 38)]
    [InlineData(50, 50)]
    public async Task One_refused_text_among_n_is_found_in_2_log_n_and_1_calls(int rows, int culprit)
    {
        await using var engine = await PoisonedAsync(rows, culprit);
        engine.Provider.Script.Refuse(text => text.Contains(Poison, StringComparison.Ordinal), Refusal);

        await RunAsync(engine, rows, [culprit], RowOutcome.Failed, "400", "EA-PRV-21");

        Assert.True(engine.Provider.Counts.Calls <= (2 * Math.Log2(rows)) + 1, $"{engine.Provider.Counts.Calls} calls for {rows} rows");
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(16, 9)]
    [InlineData(50, 1)]
    [InlineData(50, 33)]
    [InlineData(50, 50)]
    public async Task A_text_that_makes_the_server_fail_inside_is_found_in_one_call_more_and_tried_twice_alone(int rows, int culprit)
    {
        await using var engine = await PoisonedAsync(rows, culprit);
        engine.Provider.Script.Refuse(text => text.Contains(Poison, StringComparison.Ordinal), FailureInside);

        await RunAsync(engine, rows, [culprit], RowOutcome.Failed, "500", "EA-PRV-19");

        Assert.True(engine.Provider.Counts.Calls <= (2 * Math.Log2(rows)) + 2, $"{engine.Provider.Counts.Calls} calls for {rows} rows");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    [InlineData(520)]
    public async Task Several_culprits_are_all_found_and_only_they_are_charged(int status)
    {
        // In both halves of the first request, and two side by side: with a 5xx that looks like the provider's own trouble at first.
        await using var engine = await PoisonedAsync(100, 3, 30, 31, 77);
        engine.Provider.Script.Refuse(text => text.Contains(Poison, StringComparison.Ordinal), Refusal with { Status = status });

        await RunAsync(engine, 100, [3, 30, 31, 77], RowOutcome.Failed, $"{status}", status == 400 ? "EA-PRV-21" : "EA-PRV-19");
    }

    [Fact]
    public async Task A_single_row_that_fails_inside_is_parked_when_the_provider_answers_for_others()
    {
        await using var engine = await PoisonedAsync(1, 1);
        engine.Provider.Script.Refuse(text => text.Contains(Poison, StringComparison.Ordinal), FailureInside);

        await RunAsync(engine, 1, [1], RowOutcome.Failed, "500", "EA-PRV-19");
    }

    [Fact]
    public async Task A_text_that_is_too_long_for_the_model_is_called_so()
    {
        await using var engine = await PoisonedAsync(50, 20);
        engine.Provider.Script.Refuse(text => text.Contains(Poison, StringComparison.Ordinal), new(400, """{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 9000"}}"""));

        await RunAsync(engine, 50, [20], RowOutcome.TooLong, "400", "EA-PRV-20");
    }

    [Fact]
    public async Task A_vector_that_is_no_vector_twice_parks_its_row_and_the_others_are_not_paid_for_again()
    {
        await using var engine = await PoisonedAsync(50, 7, 40);
        engine.Provider.Script.Refuse(text => text.Contains(Poison, StringComparison.Ordinal), new(Misdeed: Misdeed.NotANumber));

        await RunAsync(engine, 50, [7, 40], RowOutcome.Failed, "EA-PRV-11", "EA-PRV-11");

        Assert.Equal((3, 2), (engine.Provider.Counts.Calls, engine.Provider.Counts.SeenAgain));
    }

    [Fact]
    public async Task A_vector_that_is_no_vector_once_is_made_again_alone()
    {
        await using var engine = await PoisonedAsync(50);
        engine.Provider.Script.Next(new ScriptedAnswer(Misdeed: Misdeed.NotANumber));

        await RunAsync(engine, 50, [], RowOutcome.Failed, "", "");

        Assert.Equal((2, 1), (engine.Provider.Counts.Calls, engine.Provider.Counts.SeenAgain));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_provider_that_flaps_charges_no_row(int every)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 400, ("Embeddings:Concurrency", "1"));
        engine.Provider.Script.FailEvery = every;

        await RunAsync(engine, 400, [], RowOutcome.Failed, "", "");
    }

    [Fact]
    public async Task What_the_provider_refuses_of_every_text_charges_no_row()
    {
        await using var engine = await PoisonedAsync(40);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        engine.Provider.Script.FailEvery = 1;
        engine.Provider.Script.Failure = engine.Provider.Script.Probe = Refusal;
        var probes = engine.Provider.Counts.Probes;

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal((RunStatus.Errored, "EA-PRV-21"), (ended.Status, ended.ReasonCode));
        Assert.Empty(await engine.Ledger.ListedAsync(run.Id, 10, TestEngine.Cancel));
        Assert.True(engine.Provider.Counts.Probes > probes);
        Assert.True(engine.Provider.Counts.Calls < 20, $"{engine.Provider.Counts.Calls} calls");
    }

    private async Task<TestEngine> PoisonedAsync(int rows, params int[] culprits)
    {
        var engine = await TestEngine.StartAsync(stack.Postgres, rows);
        await engine.Database.ExecuteAsync($"update stories set content = '{Poison} ' || id where id in ({string.Join(", ", culprits.Append(-1))})", TestEngine.Cancel);
        return engine;
    }

    private static async Task RunAsync(TestEngine engine, int rows, int[] culprits, RowOutcome outcome, string code, string kind)
    {
        var others = await engine.OtherColumnsAsync();

        var run = await engine.BackfillAsync();

        Assert.Null(run.Reason);
        Assert.Equal((RunStatus.Succeeded, culprits.Length == 0 ? Verdict.Verified : Verdict.FinishedWithFailures), (run.Status, run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, rows - culprits.Length).Add(outcome, culprits.Length), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        var listed = await engine.Ledger.ListedAsync(run.Id, 100, TestEngine.Cancel);
        Assert.Equal(culprits.Order(), listed.Select(row => int.Parse(row.Key)).Order());
        Assert.All(listed, row =>
        {
            Assert.Equal((outcome, "provider", code), (row.Outcome, row.Stage, row.Code));
            Assert.StartsWith(kind, row.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(Poison, row.Message, StringComparison.Ordinal);
        });
        var parked = string.Join(", ", culprits.Append(-1));
        Assert.Empty(await engine.DifferencesAsync($"t.id not in ({parked})"));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>($"select count(embedding) from stories where id in ({parked})", TestEngine.Cancel));
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Null(await engine.Ledger.ImbalanceAsync(run, TestEngine.Cancel));
    }
}
