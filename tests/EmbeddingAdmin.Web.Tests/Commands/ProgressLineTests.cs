using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Commands;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Commands;

public sealed class ProgressLineTests
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(42, "  waiting until 15:10:08: Waiting for the provider.")]
    [InlineData(86_400, "  waiting until 2026-03-15 15:09:26: Waiting for the provider.")]
    [InlineData(null, "  waiting: Waiting for the provider.")]
    public void A_wait_is_named_with_its_end(int? seconds, string words)
    {
        var running = Sample.Snapshot(Sample.Run(RunStatus.Running), (RowOutcome.Written, 1000));
        var waiting = running with { Progress = running.Progress with { Waiting = "Waiting for the provider.", WaitingUntil = seconds is { } later ? Sample.Now.AddSeconds(later) : null } };
        Assert.Equal($" 20 %  1,000 of 5,000 rows{words}", ProgressLine.Line(waiting, _clock));
    }
}
