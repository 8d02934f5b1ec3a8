using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Pooler;

public sealed class RunTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_whole_run_goes_through_a_pooler_in_transaction_mode()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 700);
        var others = await engine.OtherColumnsAsync();

        var run = await engine.BackfillAsync();

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (run.Status, run.Verdict));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 700), (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(others, await engine.OtherColumnsAsync());
        Assert.Equal(0, engine.Provider.Counts.SeenAgain);
        var verified = await engine.VerifyAsync();
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (verified.Status, verified.Verdict));
    }
}
