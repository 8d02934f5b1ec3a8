using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Verification;

public sealed class DimensionsTests(AssemblyStack stack)
{
    [Fact]
    public async Task A_vector_of_another_length_is_found_in_a_column_without_a_size_and_mended()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60, ("Embeddings:Dimensions", "24"));
        await engine.Database.ExecuteAsync("alter table stories alter column embedding type extensions.vector", TestEngine.Cancel);
        await engine.BackfillAsync();
        Assert.Equal(Verdict.Verified, (await engine.VerifyAsync()).Verdict);
        await engine.Database.ExecuteAsync("update stories set embedding = extensions.subvector(embedding, 1, 12) where id in (7, 51)", TestEngine.Cancel);

        var run = await engine.VerifyAsync();

        var group = Assert.Single(await engine.Failures.GroupsAsync(run.Id, TestEngine.Cancel));
        Assert.Equal((new FailureCause(RowOutcome.Failed, null, ErrorCodes.WrongDimensions), 2L, "51"), (group.Cause, group.Rows, group.Example.Key));
        Assert.Equal(2, (await engine.BackfillAsync(new(RunKind.Backfill, "stories") { FailedIn = run.Id, FailedAs = group.Cause })).ScopeRows);
        Assert.Equal(Verdict.Verified, (await engine.VerifyAsync()).Verdict);
    }
}
