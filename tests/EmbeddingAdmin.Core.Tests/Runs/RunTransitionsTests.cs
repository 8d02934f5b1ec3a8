using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class RunTransitionsTests
{
    // Columns in the order of RunStatus: Enqueued Running Pausing Paused Cancelling Cancelled Interrupted Succeeded Errored.
    private static readonly Dictionary<RunStatus, string> Allowed = new()
    {
        [RunStatus.Enqueued] = ".x.x.x..x",
        [RunStatus.Running] = "..x.x.xxx",
        [RunStatus.Pausing] = "...xx..xx",
        [RunStatus.Paused] = "x....x...",
        [RunStatus.Cancelling] = ".....x.xx",
        [RunStatus.Cancelled] = ".........",
        [RunStatus.Interrupted] = "x..x.x..x",
        [RunStatus.Succeeded] = ".........",
        [RunStatus.Errored] = "x........",
    };

    public static TheoryData<RunStatus, RunStatus, bool> Cells =>
        [.. Allowed.SelectMany(row => Enum.GetValues<RunStatus>().Select(to => (row.Key, to, row.Value[(int)to] == 'x')))];

    [Theory]
    [MemberData(nameof(Cells))]
    public void Every_cell_of_the_table_is_as_the_plan_says(RunStatus from, RunStatus to, bool allowed)
    {
        Assert.Equal(allowed, RunTransitions.Allows(from, to));
        Assert.Equal(allowed, RunTransitions.When(from, to) is not null);
    }

    [Fact]
    public void The_table_has_81_cells() => Assert.Equal(81, Cells.Count);

    [Theory]
    [InlineData(RunStatus.Enqueued, "Pause Cancel")]
    [InlineData(RunStatus.Running, "Pause Cancel")]
    [InlineData(RunStatus.Pausing, "Cancel")]
    [InlineData(RunStatus.Paused, "Resume Cancel")]
    [InlineData(RunStatus.Cancelling, "")]
    [InlineData(RunStatus.Cancelled, "")]
    [InlineData(RunStatus.Interrupted, "Pause Cancel")]
    [InlineData(RunStatus.Succeeded, "")]
    [InlineData(RunStatus.Errored, "Retry")]
    public void Each_status_offers_its_actions(RunStatus status, string actions) =>
        Assert.Equal(actions, string.Join(' ', RunActions.For(status)));

    [Fact]
    public void Names_survive_the_way_through_the_database() =>
        Assert.All(Enum.GetValues<RunStatus>(), status => Assert.Equal(status, RunStatuses.Parse(status.Name())));
}
