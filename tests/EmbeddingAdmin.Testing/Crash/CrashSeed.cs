using System.Globalization;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>What became of one seed.</summary>
/// <param name="Plan">What was done.</param>
/// <param name="Violations">What was wrong afterwards, a sentence each; empty when nothing was lost.</param>
/// <param name="Happened">What happened on the way, for the line of this seed.</param>
/// <param name="Figures">What is summed up over all seeds.</param>
/// <param name="Story">The events of its runs and what the workers wrote.</param>
public sealed record SeedResult(CrashPlan Plan, IReadOnlyList<string> Violations, IReadOnlyList<string> Happened, SeedFigures Figures, string Story);

/// <summary>Figures of a seed.</summary>
public sealed record SeedFigures
{
    public long Rows { get; init; }

    /// <summary>How often a worker took the run.</summary>
    public long Taken { get; init; }

    /// <summary>How often a lease's end was set in the database instead of waiting for it.</summary>
    public int TimePassed { get; init; }

    /// <summary>Texts that were sent to the provider more than once.</summary>
    public int SentAgain { get; init; }

    public TimeSpan Took { get; init; }
}

/// <summary>One run with its faults, from its start to the oracle.</summary>
internal sealed class CrashSeed(CrashSite site, CrashPlan plan)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly List<string> _violations = [];
    private readonly List<string> _happened = [];
    private long _run;
    private long? _first;
    private int _timePassed;

    public static async Task<SeedResult> RunAsync(CrashPostgres postgres, CrashPlan plan, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var site = await CrashSite.MakeAsync(postgres, plan, cancel);
        var seed = new CrashSeed(site, plan);
        try
        {
            await seed.WorkAsync(cancel);
        }
        catch (CrashViolation violation)
        {
            seed._violations.Add(violation.Message);
        }

        var figures = new SeedFigures
        {
            Rows = plan.Rows,
            Taken = await site.ScalarAsync<long>($"select token from embedding_admin.run_lease where run = {seed._first ?? seed._run}", cancel),
            TimePassed = seed._timePassed,
            SentAgain = site.Provider.Counts.SeenAgain,
            Took = TimeProvider.System.GetElapsedTime(began),
        };
        var events = await site.ScalarAsync<string[]>("select array_agg(concat_ws(' ', at::time(3), actor, run, kind, details ->> 'sentence') order by id) from embedding_admin.event", cancel);
        return new(plan, seed._violations, seed._happened, figures, $"{string.Join('\n', events ?? [])}\n\n{site.Logs}");
    }

    private async Task WorkAsync(CancellationToken cancel)
    {
        for (var n = 0; n < plan.Workers; n++)
            await site.StartWorkerAsync(cancel);
        _run = (await site.StartAsync(new(RunKind.Backfill, AppTable.Name) { Scope = plan.Scope }, cancel)).Id;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var app = site.Table.ChangeAsync(enough.Token);
        foreach (var fault in plan.Faults)
        {
            if (!await TendAsync(async () => await LedgerRowsAsync(cancel) >= fault.AtRow, cancel))
            {
                _happened.Add($"{fault} came too late");
                continue;
            }

            await new CrashFault(site, fault, _happened, _violations).StrikeAsync(PassTimeAsync, async () => (await site.FindAsync(_run, cancel)).Status is RunStatus.Succeeded, cancel);
        }

        await TendAsync(() => Task.FromResult(false), cancel);
        await enough.CancelAsync();
        await app;
        _violations.AddRange(await NothingLost.DifferencesAsync(site, _run, plan.Faults.Count, cancel));
        if (plan.AppChanges == 0)
            return;
        // What the app changed behind the run's back is stale or missing now, and another run takes just that.
        _first = _run;
        _run = (await site.StartAsync(new(RunKind.Backfill, AppTable.Name) { Scope = [CoverageState.Missing, CoverageState.StaleText] }, cancel)).Id;
        await TendAsync(() => Task.FromResult(false), cancel);
        _violations.AddRange(await NothingLost.DifferencesAtRestAsync(site, _run, cancel));
    }

    /// <summary>
    /// Waits until it holds or the run has succeeded; false for the latter. Meanwhile it lets time pass where a lease has to run out, and does
    /// nothing else for the run.
    /// </summary>
    private async Task<bool> TendAsync(Func<Task<bool>> holds, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        var moved = began;
        (long Rows, RunStatus Status) seen = default;
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            if (await holds())
                return true;
            var run = await site.FindAsync(_run, cancel);
            if (run.Status is RunStatus.Succeeded)
                return false;
            // Whatever is done here goes by: no person has to come for it.
            if (run.Status is not (RunStatus.Enqueued or RunStatus.Running or RunStatus.Interrupted))
                throw new CrashViolation($"The run is {run.Status.Name()} by itself: {run.ReasonCode} {run.Reason}");
            var now = (await LedgerRowsAsync(cancel), run.Status);
            if (now != seen)
                (seen, moved) = (now, TimeProvider.System.GetTimestamp());
            else if (TimeProvider.System.GetElapsedTime(moved) > Silence && run.Status.IsWorking())
            {
                // Nobody seems to have it; whoever has and lives loses it by this, which must do no harm either.
                await PassTimeAsync(cancel);
                moved = TimeProvider.System.GetTimestamp();
            }

            await Task.Delay(Poll, TimeProvider.System, cancel);
        }

        var last = await site.FindAsync(_run, cancel);
        throw new CrashViolation($"The run does not move: it is {last.Status.Name()} ({last.ReasonCode} {last.Reason}) with {seen.Rows} rows in the ledger.");
    }

    private async Task PassTimeAsync(CancellationToken cancel)
    {
        await site.ScalarAsync<object>($"update embedding_admin.run_lease set until = clock_timestamp() - interval '1 ms' where run = {_run}", cancel);
        _timePassed++;
    }

    private Task<long> LedgerRowsAsync(CancellationToken cancel) => LedgerRowsAsync(site, _run, cancel);

    internal static async Task<long> LedgerRowsAsync(CrashSite site, long run, CancellationToken cancel) => await site.ScalarAsync<long>(
        string.Create(CultureInfo.InvariantCulture, $"select coalesce(sum(written + unverified + empty_source), 0)::bigint from embedding_admin.batch where run = {run}"), cancel);
}

/// <summary>What must not happen has happened, and the seed cannot go on.</summary>
internal sealed class CrashViolation(string message) : Exception(message);
