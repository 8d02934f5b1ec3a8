using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class EmbedAgainTests(AssemblyStack stack)
{
    [Fact]
    public async Task What_is_shown_is_what_is_written_and_it_is_verified_like_any_other()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set title = 'edited' where id = 7", TestEngine.Cancel);
        var others = await engine.OtherColumnsAsync();
        var before = await Vector(engine, 7);

        var shown = await EmbedAsync(engine, "7");
        Assert.Equal(before, await Vector(engine, 7));
        Assert.Equal((TestEngine.Dimensions, true), (shown.Vector.Length, shown.HadVector));
        Assert.Equal(Dot(before!, shown.Vector.ToArray()), shown.Cosine!.Value, 1e-6);
        Assert.True(shown.Tokens > 0);
        var calls = engine.Provider.Counts.Calls;

        var written = await WriteAsync(engine, shown);

        Assert.Equal(calls, engine.Provider.Counts.Calls);
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, 1L, null), (written.Run.Status, written.Run.Verdict, written.Run.ScopeRows, written.Row));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written), written.Receipt);
        Assert.Equal(shown.Vector.ToArray().Select(BitConverter.SingleToUInt32Bits), (await Vector(engine, 7))!.Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(shown.Tokens, (await engine.Ledger.SumAsync(written.Run.Id, TestEngine.Cancel)).Tokens);
        Assert.Equal(20, (await engine.CoverageAsync()).States[CoverageState.Fresh]);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(written.Run.Id, await engine.Database.ScalarAsync<long>("select run from embedding_admin.stamp where row_key = '7'", TestEngine.Cancel));
        Assert.Equal(Verdict.Verified, (await engine.VerifyAsync()).Verdict);
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'row.embedded' and actor = 'tester'", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_row_without_a_vector_says_so_and_gets_one()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        var shown = await EmbedAsync(engine, "2");
        Assert.Equal((false, null), (shown.HadVector, shown.Cosine));
        Assert.Equal(Verdict.Verified, (await WriteAsync(engine, shown)).Run.Verdict);
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_text_that_was_edited_after_the_look_gets_nothing_written_and_that_is_said()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        await engine.BackfillAsync();
        var before = await Vector(engine, 3);
        var shown = await EmbedAsync(engine, "3");
        await engine.Database.ExecuteAsync("update stories set title = 'edited behind the look' where id = 3", TestEngine.Cancel);

        var written = await WriteAsync(engine, shown);

        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (written.Run.Status, written.Run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Changed), written.Receipt);
        Assert.Equal((RowOutcome.Changed, ErrorCodes.TextEdited), (written.Row!.Outcome, written.Row.Code));
        Assert.Contains("edited", written.Row.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was written", written.Row.Message, StringComparison.Ordinal);
        Assert.Equal(before, await Vector(engine, 3));
        Assert.Equal(0, engine.Provider.Counts.Seen("edited behind the look"));
    }

    [Fact]
    public async Task A_row_that_was_deleted_after_the_look_leaves_nothing_to_do()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        var shown = await EmbedAsync(engine, "3");
        await engine.Database.ExecuteAsync("delete from stories where id = 3", TestEngine.Cancel);
        var written = await WriteAsync(engine, shown);
        Assert.Equal((RunStatus.Succeeded, 0L, 0L), (written.Run.Status, written.Run.ScopeRows, written.Receipt.Selected));
    }

    [Fact]
    public async Task A_column_that_another_run_holds_is_refused_with_its_number()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        var holder = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var shown = await EmbedAsync(engine, "3");

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => WriteAsync(engine, shown));

        Assert.Equal(ErrorCodes.ColumnHeld, refused.Code);
        Assert.Contains($"Run {holder.Id} ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
    }

    [Theory]
    [InlineData("4", ErrorCodes.RowKey)]
    [InlineData("5", ErrorCodes.TextTooLong)]
    [InlineData("77", ErrorCodes.RowKey)]
    [InlineData("x'", ErrorCodes.RowKey)]
    public async Task What_cannot_be_embedded_is_refused_before_anything_is_sent(string key, string code)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await engine.Database.ExecuteAsync("insert into stories (title) values (' '), (repeat('long ', 30000))", TestEngine.Cancel);
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => EmbedAsync(engine, key));
        Assert.Equal(code, refused.Code);
        Assert.Contains("Nothing was", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, engine.Provider.Counts.Calls);
    }

    [Fact]
    public async Task A_proposed_recipe_sends_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await using var unconfirmed = engine.Another(null, ("Tables:0:Text", null!));
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => unconfirmed.GetRequiredService<RowEmbedder>().EmbedAsync("stories", "1", TestEngine.Operator, TestEngine.Cancel));
        Assert.Equal(ErrorCodes.RecipeUnconfirmed, refused.Code);
        Assert.Equal(0, engine.Provider.Counts.Calls);
    }

    [Fact]
    public async Task A_fault_of_the_provider_is_told_and_nothing_is_shown()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        engine.Provider.Script.Next(new ScriptedAnswer(401, """{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}"""));
        var fault = await Assert.ThrowsAsync<EmbeddingAdmin.Providers.ProviderFault>(() => EmbedAsync(engine, "1"));
        Assert.Equal(ErrorCodes.KeyRefused, fault.Code);
    }

    [Fact]
    public async Task A_run_over_keys_takes_these_rows_whatever_their_state_once_and_no_other()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("insert into stories (title) values (' '); update stories set title = 'edited' where id = 4; update stories set embedding = null where id = 9", TestEngine.Cancel);
        var texts = engine.Provider.Counts.Texts;
        var request = new StartRequest(RunKind.Backfill, "stories") { Keys = ["2", "4", "11", "4", " 2", "999"] };
        var preview = await engine.Control.PreviewAsync(request, TestEngine.Cancel);
        Assert.Equal((3L, 2L), (preview.Rows, preview.RowsWithText));

        await engine.HostAsync();
        var run = (await engine.UntilAsync((await engine.Control.StartAsync(request, TestEngine.Operator, TestEngine.Cancel)).Id, seen => seen.Run.Status.IsFinal())).Run;

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, 3L), (run.Status, run.Verdict, run.ScopeRows));
        Assert.Equal(["2", "4", "11", "999"], run.Plan.Keys);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 2).Add(RowOutcome.EmptySource), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Equal(2, engine.Provider.Counts.Texts - texts);
        Assert.Empty(await engine.DifferencesAsync("id not in (9, 11)"));
        Assert.Null(await Vector(engine, 9));
    }

    [Fact]
    public async Task When_the_process_dies_before_it_wrote_a_host_takes_the_run_over_by_its_key()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set embedding = null where id = 2", TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories") { Keys = ["3"] }, TestEngine.Operator, TestEngine.Cancel);
        var texts = engine.Provider.Counts.Texts;
        await engine.Store.Leases.ReleaseAsync(lease, TestEngine.Cancel);

        await engine.HostAsync();
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal(Verdict.Verified, ended.Run.Verdict);
        Assert.Equal(1, engine.Provider.Counts.Texts - texts);
        Assert.Null(await Vector(engine, 2));
    }

    [Fact]
    public async Task Keys_of_nothing_are_no_start()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        foreach (var request in new StartRequest[] { new(RunKind.Backfill, "stories") { Keys = [] }, new(RunKind.Backfill, "stories") { Keys = ["1", "one"] }, new(RunKind.Verify, "stories") { Keys = ["1"] } })
            Assert.Equal(ErrorCodes.RowKey, (await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(request, TestEngine.Operator, TestEngine.Cancel))).Code);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel));
    }

    private static Task<EmbeddedRow> EmbedAsync(TestEngine engine, string key) =>
        engine.Services.GetRequiredService<RowEmbedder>().EmbedAsync("stories", key, TestEngine.Operator, TestEngine.Cancel);

    private static Task<WrittenRow> WriteAsync(TestEngine engine, EmbeddedRow shown) =>
        engine.Services.GetRequiredService<ShownVectorWriter>().WriteAsync(shown, accepted: false, TestEngine.Operator, TestEngine.Cancel);

    private static async Task<float[]?> Vector(TestEngine engine, int id) =>
        (await engine.Services.GetRequiredService<RowInspector>().ReadAsync(await engine.TargetAsync(), $"{id}", TestEngine.Cancel))!.Vector?.ToArray();

    private static double Dot(float[] one, float[] other) => one.Zip(other, (a, b) => (double)a * b).Sum();
}
