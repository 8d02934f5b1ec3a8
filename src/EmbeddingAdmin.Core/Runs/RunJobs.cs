using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Quartz;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// The jobs of the runs in the clustered store, which all instances share: one durable job per run, which asks to be recovered when its instance
/// dies. What it holds is a call to look at a run, no more; a call that is lost is made again, and one too many is harmless.
/// </summary>
public sealed class RunJobs(ISchedulerFactory schedulers)
{
    /// <summary>The store's tables; not by the search path, which poolers do not keep.</summary>
    internal const string TablePrefix = "embedding_admin.qrtz_";

    /// <summary>How many tables the store makes.</summary>
    internal const int Tables = 15;

    internal const string LockSql =
        """
        select l.*, set_config('idle_in_transaction_session_timeout', '10s', true) from {0}LOCKS l
         where l.sched_name = @schedulerName and l.lock_name = @lockName for update of l
        """;

    /// <summary>How many runs one instance works on at a time.</summary>
    private const int Threads = 10;

    private IScheduler? _scheduler;

    /// <summary>Registers the scheduler. It makes its tables when it is first asked for, and runs nothing before <see cref="StartAsync"/>.</summary>
    internal static void Add(IServiceCollection services) => services.AddSingleton<RunJobs>().AddQuartz(quartz =>
    {
        quartz.ConfigureScheduler(options =>
        {
            // The same everywhere; the instance's own id is made up, because two of one id fire each other's jobs.
            options.InstanceName = "embedding-admin";
            options.IdleWaitTime = TimeSpan.FromSeconds(1);
            options.ShutdownJobInterruption = ShutdownJobInterruption.Always;
        });
        quartz.UseDefaultThreadPool(Threads);
        quartz.AddSchedulerListener<SchedulerBrake>();
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(postgres => postgres.DataSourceFactory = provider => provider.GetRequiredService<NpgsqlDataSource>());
            store.ConfigureStore(options =>
            {
                options.TablePrefix = TablePrefix;
                options.RecoverFiringsCancelledByShutdown = true;
                // A program that gave up waiting for a run ends all the same.
                options.UseBackgroundThreads = true;
                options.CommandTimeout = TimeSpan.FromSeconds(15);
                // A program that freezes while it holds the store's lock would hold up all others; the server ends its transaction.
                options.SelectWithLockSql = LockSql;
            });
            store.UseSystemTextJsonSerializer();
            store.ProvisionSchema();
            store.UseClustering(cluster =>
            {
                cluster.CheckinInterval = TimeSpan.FromSeconds(3);
                cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(9);
            });
        });
    });

    /// <summary>Refuses a role that would have to make the store's tables and may not.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.Grant"/>; nothing was made.</exception>
    public static async Task RequireRightAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(
            $"""
            select current_user::text where not has_schema_privilege('embedding_admin', 'create')
               and (select count(*) from pg_tables where schemaname = 'embedding_admin' and starts_with(tablename, 'qrtz_')) < {Tables}
            """);
        if (await command.ExecuteScalarAsync(cancel) is string role)
            throw new EmbeddingAdminException(ErrorCodes.Grant,
                $"The role {role} may not make tables in the schema embedding_admin, and those of the scheduler are missing there. No run is worked on. "
                + $"Grant it (grant create on schema embedding_admin to {SqlName.Of(role)}), or start once with the role that owns the schema.");
    }

    /// <summary>Makes the store's tables where they are missing, and begins to fire unless this instance only looks on. Once is enough.</summary>
    internal async Task StartAsync(bool fires, CancellationToken cancel)
    {
        if (_scheduler is not null)
            return;
        var scheduler = await schedulers.GetScheduler(cancel);
        if (fires)
        {
            await scheduler.AddJob(CoverageJob.Detail, AddJobOptions.Replacing, cancel);
            await scheduler.ScheduleTrigger(CoverageJob.Trigger, TriggerConflict.Replace, cancel);
            await scheduler.Start(cancel);
        }

        _scheduler = scheduler;
    }

    /// <summary>Sees to it that each of these runs is about to be looked at.</summary>
    internal async Task CallAsync(IReadOnlyList<long> runs, CancellationToken cancel)
    {
        if (runs.Count == 0)
            return;
        var triggers = await _scheduler!.QueryTriggers(new TriggerQuery { Group = GroupMatcher<TriggerKey>.GroupEquals(RunJob.Group), Take = PagedQuery.All }, cancel);
        var called = triggers.Items.Where(trigger => trigger is { NextFireTimeUtc: not null, State: not TriggerState.Error }).Select(trigger => RunJob.RunOf(trigger.JobKey)).ToHashSet();
        foreach (var run in runs.Where(run => !called.Contains(run)))
        {
            await _scheduler.AddJob(RunJob.Of(run), AddJobOptions.Replacing, cancel);
            // Two instances may both call; one look too many finds the run taken.
            await _scheduler.ScheduleTrigger(RunJob.TriggerOf(run), TriggerConflict.Replace, cancel);
        }
    }

    /// <summary>The runs that have a job.</summary>
    internal async Task<IReadOnlyList<long>> RunsAsync(CancellationToken cancel)
    {
        var jobs = await _scheduler!.QueryJobs(new JobQuery { Group = GroupMatcher<JobKey>.GroupEquals(RunJob.Group), Take = PagedQuery.All }, cancel);
        return [.. jobs.Items.Select(job => RunJob.RunOf(job.Key))];
    }

    /// <summary>Removes the jobs of runs that have ended. One that goes on meanwhile loses its call, and is called again.</summary>
    internal async Task RemoveAsync(IReadOnlyList<long> runs, CancellationToken cancel)
    {
        if (runs.Count > 0)
            await _scheduler!.DeleteJobs([.. runs.Select(RunJob.KeyOf)], cancel);
    }

    /// <summary>Interrupts what this instance is working on.</summary>
    /// <param name="wait">Whether to wait until it has ended: without an end where the store cannot take in that it has.</param>
    internal async Task StopAsync(bool wait)
    {
        if (_scheduler is not null)
            await _scheduler.Shutdown(wait, CancellationToken.None);
    }
}
