using EmbeddingAdmin.Testing.Crash;

namespace EmbeddingAdmin.Database.Tests.Survival;

public sealed class SurvivalTests(Trials trials) : IClassFixture<Trials>
{
    [Fact]
    public async Task Nothing_is_lost_whatever_kind_of_fault_strikes()
    {
        var results = await trials.Crashes;

        Assert.Equal(Enum.GetValues<FaultKind>(), results.SelectMany(result => result.Plan.Faults).Select(fault => fault.Kind).Order());
        Assert.All(results, result => Assert.True(result.Violations.Count == 0, $"{CrashProgram.Line(result)}\n{result.Story}"));
        // A fault that found no place to strike would prove nothing.
        Assert.All(results, result => Assert.DoesNotContain(result.Happened, said => said.Contains("no place", StringComparison.Ordinal) || said.Contains("too late", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Of_two_processes_that_start_or_take_one_run_at_the_same_moment_one_wins_and_the_other_is_told_of_it() => Assert.Empty(await trials.Race);

    [Fact]
    public async Task Another_instance_goes_on_in_time_when_the_working_one_is_killed() => Assert.Empty(await trials.Takeover);

    [Fact]
    public async Task An_instance_that_stood_still_past_its_lease_writes_nothing_and_is_of_use_again() => Assert.Empty(await trials.Freeze);

    [Fact]
    public async Task What_a_run_takes_of_memory_is_measured_and_small()
    {
        var use = await trials.Memory;

        Assert.InRange(use.Growth, 1, 100 << 20);
        Assert.InRange(use.Heap, 1, 50 << 20);
    }
}
