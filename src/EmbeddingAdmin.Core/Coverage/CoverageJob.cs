using Microsoft.Extensions.Logging;
using Quartz;

namespace EmbeddingAdmin.Coverage;

/// <summary>Takes the hourly snapshots, on one of the instances. Stored jobs name this type and this assembly: neither may be renamed.</summary>
[DisallowConcurrentExecution]
public sealed class CoverageJob(CoverageHistory history, ILogger<CoverageJob> log) : IJob
{
    private const string Group = "coverage";

    /// <summary>Every full hour; quartz counts seconds first.</summary>
    private const string Hourly = "0 0 * * * ?";

    private static readonly JobKey Key = new("hourly", Group);

    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await history.TakeAllAsync(cancellationToken);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            // The next hour comes by itself.
            log.CoverageNotKept(fault.GetType().Name);
        }
    }

    internal static IJobDetail Detail { get; } = JobBuilder.Create<CoverageJob>().WithIdentity(Key).StoreDurably().Build();

    internal static ITrigger Trigger { get; } = TriggerBuilder.Create()
        .WithIdentity(Key.Name, Group).ForJob(Key)
        // An hour in which nobody was there has no snapshot; one of later would not be of it.
        .WithCronSchedule(Hourly, cron => cron.InTimeZone(TimeZoneInfo.Utc).WithMisfireInstruction(CronTriggerMisfireInstruction.DoNothing))
        .Build();
}
