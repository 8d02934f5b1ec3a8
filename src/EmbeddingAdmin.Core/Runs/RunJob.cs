using System.Globalization;
using Microsoft.Extensions.Logging;
using Quartz;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Drives the run that its data names. Stored jobs name this type and this assembly: neither may be renamed. It may be fired more often than there
/// is something to do: the run's record and its lease decide who works, and a firing that comes too late finds the run taken.
/// </summary>
// DisallowConcurrentExecution would only make a take-over wait for a check-in more; one that is too many ends at once.
public sealed class RunJob(Runner runner, ILogger<RunJob> log) : IJob
{
    internal const string Group = "runs";

    private const string RunKey = "run";

    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var id = long.Parse(context.JobDetail.JobDataMap.GetString(RunKey)!, CultureInfo.InvariantCulture);
        try
        {
            await runner.RunAsync(id, cancellationToken);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            // The host outlives any run. The lease runs out, and the run is settled as one whose worker died.
            log.RunNotDriven(id, fault.GetType().Name);
            return;
        }

        // The firing goes back to the store, so that another instance is told at once.
        cancellationToken.ThrowIfCancellationRequested();
    }

    internal static JobKey KeyOf(long run) => new(run.ToString(CultureInfo.InvariantCulture), Group);

    internal static long RunOf(JobKey key) => long.Parse(key.Name, CultureInfo.InvariantCulture);

    internal static IJobDetail Of(long run) => JobBuilder.Create<RunJob>()
        .WithIdentity(KeyOf(run))
        .UsingJobData(RunKey, run.ToString(CultureInfo.InvariantCulture))
        .StoreDurably()
        .RequestRecovery()
        .Build();

    internal static ITrigger TriggerOf(long run) => TriggerBuilder.Create()
        .WithIdentity(run.ToString(CultureInfo.InvariantCulture), Group)
        .ForJob(KeyOf(run))
        .StartNow()
        .Build();
}
