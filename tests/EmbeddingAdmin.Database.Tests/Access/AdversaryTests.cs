using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Adversary;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>A handful of the seeds that <c>EmbeddingAdmin.Testing adversary</c> tries by the hundred.</summary>
public sealed class AdversaryTests(AssemblyStack stack)
{
    private const int Seeds = 8;

    [Fact]
    public async Task Whatever_the_tables_owner_does_meanwhile_nothing_is_called_written_that_SQL_denies()
    {
        var results = await AdversaryProgram.RunAsync(stack.Postgres, Enumerable.Range(1, Seeds).Select(AdversaryPlan.Of), 4, _ => { }, TestContext.Current.CancellationToken);

        Assert.All(results, result => Assert.True(result.Violations.Count == 0, $"{AdversaryProgram.Line(result)}\n{string.Join('\n', result.Story)}"));
        // An owner who got in nobody's way would prove nothing.
        var all = results.Aggregate(Receipt.Empty, (sum, result) => sum + result.Receipt);
        Assert.All([RowOutcome.Written, RowOutcome.Blocked, RowOutcome.Reverted], outcome => Assert.NotEqual(0, all[outcome]));
        Assert.All([RunStatus.Paused, RunStatus.Errored, RunStatus.Succeeded], status => Assert.Contains(results, result => result.Stood.ContainsKey(status)));
        Assert.Contains(results, result => result.Refused > 0);
    }
}
