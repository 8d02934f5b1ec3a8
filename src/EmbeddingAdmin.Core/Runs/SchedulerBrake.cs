using Quartz;

namespace EmbeddingAdmin.Runs;

/// <summary>Tells the brake of what the scheduler's own loops met.</summary>
internal sealed class SchedulerBrake(DatabaseBrake brake) : ISchedulerListener
{
    public ValueTask SchedulerError(IScheduler scheduler, SchedulerErrorContext context, CancellationToken cancellationToken = default)
    {
        if (context.Exception is { } fault)
            brake.Note(fault);
        return ValueTask.CompletedTask;
    }
}
