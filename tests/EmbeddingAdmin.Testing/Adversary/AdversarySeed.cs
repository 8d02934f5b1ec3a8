using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Testing.Adversary;

/// <summary>What became of a seed.</summary>
/// <param name="Plan">What was done.</param>
/// <param name="Violations">What was said and was not so, a sentence each.</param>
/// <param name="Stood">How often a run came to stand in each status.</param>
/// <param name="Refused">Starts that were refused.</param>
/// <param name="Receipt">The sum over all runs, as they stood last.</param>
/// <param name="Story">What everybody did, in order.</param>
public sealed record AdversaryResult(AdversaryPlan Plan, IReadOnlyList<string> Violations, IReadOnlyDictionary<RunStatus, int> Stood, int Refused, Receipt Receipt, IReadOnlyList<string> Story);

/// <summary>
/// Runs of one table whose owner gets in their way, and an operator who pauses them, resumes and retries. Whenever a run stands still, whatever the
/// program says of it is compared with the table.
/// </summary>
internal sealed class AdversarySeed
{
    // After so many refusals the owner gives way.
    private const int MostRefusals = 6;

    private readonly AdversarySite _site;
    private readonly AdversaryPlan _plan;
    private readonly TableOwner _owner;
    private readonly Random _operator;
    private readonly List<string> _violations = [];
    private readonly List<string> _story = [];
    private readonly Dictionary<RunStatus, int> _stood = [];
    private readonly HashSet<long> _runs = [];
    private int _refused;

    private AdversarySeed(AdversarySite site, AdversaryPlan plan)
    {
        (_site, _plan, _operator) = (site, plan, new Random(~plan.Seed));
        _owner = new TableOwner(site, plan.Seed, Tell);
    }

    private RunControl Control => _site.Engine.GetRequiredService<RunControl>();

    private Runner Runner => _site.Engine.GetRequiredService<Runner>();

    public static async Task<AdversaryResult> RunAsync(TestPostgres postgres, AdversaryPlan plan, CancellationToken cancel)
    {
        await using var site = await AdversarySite.MakeAsync(postgres, plan, cancel);
        var seed = new AdversarySeed(site, plan);
        var others = await WrittenTruth.OtherColumnsAsync(site, cancel);
        await seed.WorkAsync(cancel);
        await seed.EndWellAsync(cancel);
        if (await WrittenTruth.OtherColumnsAsync(site, cancel) != others)
            seed._violations.Add("Other columns than the vector have changed.");
        var receipt = Receipt.Empty;
        foreach (var run in seed._runs)
            receipt += (await site.Watcher.GetRequiredService<Ledger>().SumAsync(run, cancel)).Receipt;
        return new(plan, seed._violations, seed._stood, seed._refused, receipt, seed._story);
    }

    private async Task WorkAsync(CancellationToken cancel)
    {
        for (var start = 0; start < _plan.Starts; start++)
        {
            await _owner.ActAsync(cancel);
            var run = await StartSomehowAsync(cancel);
            for (var go = 0; go < _plan.Goes && run.Status != RunStatus.Succeeded; go++)
                run = await GoOnAsync(run, meddled: true, cancel);
            // The next start needs the column.
            if (run.Status is RunStatus.Paused or RunStatus.Interrupted)
                await AskAsync(run.Id, RunAction.Cancel, cancel);
            await CompareAsync(cancel);
        }
    }

    /// <summary>Nobody is in the way any more: a run has to come to its end, and every row has its vector.</summary>
    private async Task EndWellAsync(CancellationToken cancel)
    {
        await _owner.CalmAsync(cancel);
        if (await TryStartAsync(cancel) is not var (run, lease))
        {
            _violations.Add("Nobody was in the way any more, and the start was refused.");
            return;
        }

        var ended = await DriveAsync(run.Id, () => Runner.RunAsync(run, lease, cancel), meddled: false, cancel);
        if (ended is not { Status: RunStatus.Succeeded, Verdict: Verdict.Verified })
            _violations.Add($"Nobody was in the way any more, and run {ended.Id} is {ended.Status.Name()} ({ended.Verdict} {ended.ReasonCode} {ended.Reason}).");
        _violations.AddRange(await WrittenTruth.RowsAsync(_site, "true", cancel));
    }

    /// <summary>A start that is refused is tried again when the owner has done something else.</summary>
    private async Task<Run> StartSomehowAsync(CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            if (await TryStartAsync(cancel) is var (run, lease))
                return await DriveAsync(run.Id, () => Runner.RunAsync(run, lease, cancel), meddled: true, cancel);
            if (tries > MostRefusals)
                throw new InvalidOperationException($"Seed {_plan.Seed}: nobody is in the way, and no run can be started.\n{string.Join('\n', _story)}");
            await (tries < MostRefusals ? _owner.GiveWayAsync(cancel) : _owner.CalmAsync(cancel));
        }
    }

    private async Task<(Run Run, RunLease Lease)?> TryStartAsync(CancellationToken cancel)
    {
        var counts = _site.Provider.Counts;
        var (sticks, calls, probes) = (await _site.SticksAsync(cancel), counts.Calls, counts.Probes);
        try
        {
            var started = await StartAsync(cancel);
            Tell($"run {started.Run.Id} is started");
            _runs.Add(started.Run.Id);
            Check(sticks, $"Run {started.Run.Id} was started although an update of the first row does not stick.");
            Check(counts.Calls == calls, $"The provider was sent texts before run {started.Run.Id} was there.");
            return started;
        }
        catch (Exception refused) when (refused is EmbeddingAdminException or NpgsqlException)
        {
            Tell($"a start is refused ({(refused as EmbeddingAdminException)?.Code ?? (refused as PostgresException)?.SqlState ?? refused.GetType().Name})");
            _refused++;
            Check((counts.Calls, counts.Probes) == (calls, probes), "The provider was asked although the start was refused.");
            return null;
        }
    }

    private Task<(Run Run, RunLease Lease)> StartAsync(CancellationToken cancel) =>
        Control.StartHereAsync(new(RunKind.Backfill, "stories") { Scope = _plan.Scope }, AdversarySite.Operator, cancel);

    private async Task<Run> GoOnAsync(Run run, bool meddled, CancellationToken cancel)
    {
        await (_operator.Next(5) switch { 0 => Task.CompletedTask, 1 => _owner.ActAsync(cancel), 2 => _owner.GiveWayAsync(cancel), _ => _owner.CalmAsync(cancel) });
        // What goes on by itself does so on a host.
        if (run.Status == RunStatus.Interrupted)
            await AskAsync(run.Id, RunAction.Pause, cancel);
        await AskAsync(run.Id, run.Status == RunStatus.Errored ? RunAction.Retry : RunAction.Resume, cancel);
        return await DriveAsync(run.Id, () => Runner.RunAsync(run.Id, cancel), meddled, cancel);
    }

    /// <summary>Drives a run until it stands still, with the owner and the operator beside it, and compares.</summary>
    private async Task<Run> DriveAsync(long id, Func<Task> drive, bool meddled, CancellationToken cancel)
    {
        using var stands = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var others = meddled ? new[] { _owner.MeddleAsync(_site.Provider.Counts, stands.Token), PauseAsync(id, stands.Token) } : [];
        await drive();
        await stands.CancelAsync();
        await Task.WhenAll(others);
        var run = (await _site.Watcher.GetRequiredService<RunStore>().FindAsync(id, cancel))!;
        Tell($"run {id} is {run.Status.Name()} {run.Verdict} {run.ReasonCode}");
        _stood[run.Status] = _stood.GetValueOrDefault(run.Status) + 1;
        await CompareAsync(cancel);
        return run;
    }

    /// <summary>Now and then the operator pauses the run at a random request.</summary>
    private async Task PauseAsync(long id, CancellationToken stands)
    {
        if (_operator.Next(3) == 0)
            return;
        var at = _site.Provider.Counts.Calls + _operator.Next(1, 5);
        try
        {
            await _site.Provider.Counts.WhenAsync(counts => counts.Calls >= at, stands);
            await AskAsync(id, RunAction.Pause, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // It stood before.
        }
    }

    private async Task AskAsync(long id, RunAction action, CancellationToken cancel) =>
        Tell($"the operator: {(await Control.AskAsync(id, action, null, AdversarySite.Operator, cancel)).Sentence}");

    private async Task CompareAsync(CancellationToken cancel)
    {
        foreach (var run in _runs)
        {
            foreach (var difference in await WrittenTruth.DifferencesAsync(_site, run, cancel))
            {
                Tell($"VIOLATION {difference}");
                _violations.Add(difference);
            }
        }
    }

    private void Check(bool holds, string violation)
    {
        if (holds)
            return;
        Tell($"VIOLATION {violation}");
        _violations.Add(violation);
    }

    private void Tell(string what)
    {
        lock (_story)
            _story.Add(what);
    }
}
