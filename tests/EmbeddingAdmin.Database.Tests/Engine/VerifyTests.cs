using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class VerifyTests(AssemblyStack stack)
{
    [Fact]
    public async Task Every_row_that_a_backfill_wrote_is_verified()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 130);
        await engine.Database.ExecuteAsync("insert into stories (title) values (null)", TestEngine.Cancel);
        await engine.BackfillAsync();

        var run = await engine.VerifyAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (run.Status, run.Verdict, run.Reason));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.AlreadyCurrent, 130).Add(RowOutcome.EmptySource), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
    }

    [Fact]
    public async Task Every_fault_that_was_planted_is_found_in_its_own_row()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync(
            """
            update stories set content = content || ' edited' where id = 1;
            update stories set embedding = null where id = 2;
            update stories set embedding = (select embedding from stories where id = 4) where id = 3;
            update stories set embedding = (select array_agg(0)::extensions.vector from generate_series(1, 24)) where id = 5;
            delete from embedding_admin.stamp where row_key = '6';
            delete from embedding_admin.stamp where row_key = '7'; update stories set embedding = null where id = 7;
            delete from stories where id = 8;
            """, TestEngine.Cancel);

        var run = await engine.VerifyAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.NotVerified), (run.Status, run.Verdict));
        Assert.Equal(
            [("1", RowOutcome.Changed), ("5", RowOutcome.Failed), ("7", RowOutcome.NotAttempted), ("2", RowOutcome.Reverted), ("3", RowOutcome.Reverted), ("6", RowOutcome.Unverified)],
            (await engine.Ledger.ListedAsync(run.Id, 100, TestEngine.Cancel)).Select(row => (row.Key, row.Outcome)));
        Assert.Equal(53, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[RowOutcome.AlreadyCurrent]);
    }

    [Fact]
    public async Task A_verify_runs_beside_a_backfill_and_reads_on_a_connection_of_its_own()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);
        await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);

        var run = await engine.VerifyAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.NotVerified), (run.Status, run.Verdict));
        Assert.Equal(30, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[RowOutcome.NotAttempted]);
    }

    [Theory]
    [InlineData("text-embedding-3-small", RowOutcome.Failed)]
    [InlineData("somebodys-own-model", RowOutcome.AlreadyCurrent)]
    public async Task A_length_other_than_1_is_a_fault_only_of_a_model_that_promises_it(string model, RowOutcome outcome)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5, ("Embeddings:Model", model), ("Embeddings:SendDimensions", "true"));
        await engine.BackfillAsync();
        // As if the provider had made it so.
        await engine.Database.ExecuteAsync(
            """
            update stories set embedding = (select array_agg(x * 2 order by n)::extensions.vector from unnest(embedding::real[]) with ordinality as v(x, n));
            update embedding_admin.stamp s set vector_hash = sha256(extensions.vector_send(t.embedding)) from stories t where t.id::text = s.row_key
            """, TestEngine.Cancel);

        var run = await engine.VerifyAsync();

        Assert.Equal(5, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[outcome]);
    }
}
