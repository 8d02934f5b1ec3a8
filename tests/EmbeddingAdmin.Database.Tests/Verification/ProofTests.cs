using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>A vector is not hashed again while the row's version is the one that was written and read back; wherever that is in doubt, it is.</summary>
public sealed class ProofTests(AssemblyStack stack)
{
    // No app can do this: it writes into our own records, so that only the hash would tell.
    private const string Forged =
        """
        update stories set embedding = array_fill(0.25::real, array[24])::extensions.vector where id = 7;
        update embedding_admin.stamp set xid = pg_current_xact_id() where row_key = '7'
        """;

    [Theory]
    [InlineData(null, 0)]
    [InlineData("update embedding_admin.stamp set xid = null", 1)]
    [InlineData("update embedding_admin.run set server = replace(server, '/', '1/')", 1)]
    [InlineData("update embedding_admin.run set server = '-/5/-'", 1)]
    [InlineData("update embedding_admin.batch set unverified = 1, written = written - 1 where no = 2", 1)]
    [InlineData("update embedding_admin.run set status = 'errored' where kind = 'backfill'", 1)]
    [InlineData("update embedding_admin.stamp set xid = '1'", 1)]
    [InlineData("update stories set likes = likes + 1", 1)]
    public async Task A_row_is_taken_at_its_word_only_while_nothing_is_in_doubt(string? doubt, long found)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync(Forged, TestEngine.Cancel);
        if (doubt is not null)
            await engine.Database.ExecuteAsync(doubt, TestEngine.Cancel);

        var verify = await engine.VerifyAsync();

        Assert.Equal(RunStatus.Succeeded, verify.Status);
        Assert.Equal(found, (await engine.Ledger.SumAsync(verify.Id, TestEngine.Cancel)).Receipt[RowOutcome.Reverted]);
    }

    [Fact]
    public async Task What_the_writing_transaction_has_changed_itself_at_its_end_is_no_proof()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);
        await engine.Database.ExecuteAsync(
            """
            create function f() returns trigger language plpgsql as $$ begin
              if new.id = 7 and new.embedding <> array_fill(0.25::real, array[24])::extensions.vector then update stories set embedding = array_fill(0.25::real, array[24])::extensions.vector where id = 7; end if;
              return null; end $$;
            create constraint trigger t after update on stories deferrable initially deferred for each row execute function f()
            """, TestEngine.Cancel);

        var run = await engine.BackfillAsync(await engine.AcceptedAsync());

        Assert.Equal(1, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt[RowOutcome.Reverted]);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.stamp where row_key = '7' and xid is not null", TestEngine.Cancel));
        Assert.Equal(29, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.stamp s join stories t on t.id::text = s.row_key where t.xmin = s.xid::xid", TestEngine.Cancel));
        var verify = await engine.VerifyAsync();
        Assert.Equal(1, (await engine.Ledger.SumAsync(verify.Id, TestEngine.Cancel)).Receipt[RowOutcome.Reverted]);
    }
}
