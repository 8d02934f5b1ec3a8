using EmbeddingAdmin.Events;

namespace EmbeddingAdmin.Runs;

/// <summary>What a command came to.</summary>
/// <param name="Done">Whether anything was done.</param>
/// <param name="Sentence">What happened, or why nothing did.</param>
/// <param name="Run">The run as it stands now, if there is one.</param>
public sealed record CommandResult(bool Done, string Sentence, Run? Run);

/// <summary>
/// The only door to commands: whoever asks, from a page or a terminal, asks here. Every command is recorded with its actor, the refused
/// ones too.
/// </summary>
public sealed class RunControl(RunStore store, EventLog events, StartPlanner planner, Preflight preflight, RunProof proof, RunFeed feed)
{
    /// <summary>What a start would do, without doing it.</summary>
    /// <exception cref="EmbeddingAdminException">The table is not configured or cannot be resolved.</exception>
    public Task<StartPreview> PreviewAsync(StartRequest request, CancellationToken cancel) => planner.PreviewAsync(request, cancel);

    /// <summary>Starts a run that a host takes.</summary>
    /// <exception cref="EmbeddingAdminException">It was refused; nothing was started and no text was sent. <see cref="ErrorCodes.ColumnHeld"/>, <see cref="ErrorCodes.RowSecurity"/>, <see cref="ErrorCodes.Grant"/>, <see cref="ErrorCodes.WriteSwallowed"/>, <see cref="ErrorCodes.NeighboursNotAccepted"/>, <see cref="ErrorCodes.DimensionsDiffer"/>, or a fault of a key, the server, the table or the provider.</exception>
    public async Task<Run> StartAsync(StartRequest request, Actor actor, CancellationToken cancel) =>
        (await StartAsync(request, actor, take: false, cancel)).Run;

    /// <summary>Starts a run for the caller's own process, which drives it with <see cref="Runner.RunAsync(Run, RunLease, CancellationToken)"/>.</summary>
    /// <exception cref="EmbeddingAdminException">As for <see cref="StartAsync(StartRequest, Actor, CancellationToken)"/>.</exception>
    public async Task<(Run Run, RunLease Lease)> StartHereAsync(StartRequest request, Actor actor, CancellationToken cancel)
    {
        var (run, lease) = await StartAsync(request, actor, take: true, cancel);
        return (run, lease!);
    }

    /// <summary>Asks something of a run.</summary>
    /// <param name="id">The run.</param>
    /// <param name="action">What is asked.</param>
    /// <param name="seen">The status that the asker saw; null to take the run as it is.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancel">Ends the question, not the run.</param>
    public async Task<CommandResult> AskAsync(long id, RunAction action, RunStatus? seen, Actor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(actor);
        while (true)
        {
            if (await store.FindAsync(id, cancel) is not { } run)
                return new(false, $"There is no run {id}. Nothing was done.", null);
            if (seen is { } status && status != run.Status)
                return await RefuseAsync(run, $"Run {id} was {status.Name()} and is {run.Status.Name()} meanwhile. Nothing was done.");
            if (RunActions.Target(action, run.Status) is not { } to)
                return await RefuseAsync(run, Refusal(run, action));
            if (action == RunAction.Resume && await proof.WhyNotYetAsync(run, cancel) is { } why)
                return await RefuseAsync(run, $"Run {id} cannot go on yet. {why}");
            if (action == RunAction.Force && await store.SnapshotAsync(id, cancel) is { MayBeForced: false } early)
            {
                if (early.Run.Version != run.Version)
                    continue;
                return await RefuseAsync(run, TooEarly(early));
            }

            var moved = action == RunAction.Force
                ? await store.Leases.ForceAsync(run, to, actor, cancel)
                : await store.MoveAsync(run, to, actor, new StatusReason(null, $"{actor.Name} asked to {Run.Name(action)} it."), cancel);
            if (moved is null)
                continue;
            if (await store.SnapshotAsync(id, cancel) is { } snapshot)
                feed.Publish(snapshot);
            return new(true, action == RunAction.Force ? $"{Said(moved)} Its worker writes nothing any more, should it wake." : Said(moved), moved);
        }

        async Task<CommandResult> RefuseAsync(Run run, string sentence)
        {
            await events.RecordAsync(actor, id, $"run.{Run.Name(action)}.refused", sentence, cancel);
            return new(false, sentence, run);
        }
    }

    /// <summary>Sets the pace of a run while it runs; null lifts it.</summary>
    /// <param name="id">The run.</param>
    /// <param name="rowsPerSecond">More than 0, or null.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancel">Ends the question.</param>
    public async Task<CommandResult> SetPaceAsync(long id, double? rowsPerSecond, Actor actor, CancellationToken cancel)
    {
        if (rowsPerSecond is { } pace && !(double.IsFinite(pace) && pace > 0))
            return new(false, $"A pace of {pace} rows per second is none. Nothing was done.", null);
        if (await store.SetPaceAsync(id, rowsPerSecond, actor, cancel) is not { } run)
            return new(false, $"There is no run {id}. Nothing was done.", null);
        if (await store.SnapshotAsync(id, cancel) is { } snapshot)
            feed.Publish(snapshot);
        return new(true, rowsPerSecond is { } set ? $"Run {id} goes at {set:0.##} rows per second." : $"Run {id} goes as fast as it can.", run);
    }

    private async Task<(Run Run, RunLease? Lease)> StartAsync(StartRequest request, Actor actor, bool take, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(actor);
        try
        {
            var writes = request.Kind == RunKind.Backfill;
            var begun = await preflight.BeginAsync(writes, cancel);
            var start = await planner.PlanAsync(request, cancel);
            // Said before the provider is troubled; that it is still so is the database's to say.
            if (writes)
                await store.RefuseHeldAsync(start.Column, cancel);
            var (plan, findings) = await preflight.PassAsync(begun, start, cancel);
            if (writes)
                plan = await planner.NumberRecipeAsync(start.Target, plan, actor, cancel);
            var made = await store.CreateAsync(request.Kind, request.Table, start.Column, plan, actor, take, cancel, findings);
            feed.Publish(new RunSnapshot(made.Run, RunProgress.None, made.Run.ChangedAt));
            return made;
        }
        catch (EmbeddingAdminException refused)
        {
            await events.RecordAsync(actor, null, "run.start.refused", $"{refused.Code}: {Run.Name(request.Kind)} of {request.Table} was refused.", cancel);
            throw;
        }
    }

    private static string Refusal(Run run, RunAction action) => action == RunAction.Force
        ? $"Run {run.Id} is {run.Status.Name()}: no request is pending that could be forced. Nothing was done."
        : $"Run {run.Id} is {(run.Status.IsStopping() ? "already " : "")}{run.Status.Name()}, so it cannot {Run.Name(action)}. Nothing was done.";

    private static string TooEarly(RunSnapshot run) =>
        $"Run {run.Run.Id} is {run.Run.Status.Name()} for {(run.AsOf - run.Run.ChangedAt).TotalSeconds:0} s, and "
        + (run.Heartbeat is { } last ? $"its worker gave a sign {Math.Max(0, (run.AsOf - last).TotalSeconds):0} s ago" : "no worker has it")
        + $". Nothing was done. Force is there for a request that is pending for more than {RunSnapshot.Pending.TotalSeconds:0} s and whose worker gave no sign for {RunSnapshot.Silence.TotalSeconds:0} s.";

    private static string Said(Run run) => run.Status switch
    {
        RunStatus.Pausing => $"Run {run.Id} is pausing: the pages in hand are being ended.",
        RunStatus.Paused => $"Run {run.Id} is paused.",
        RunStatus.Cancelling => $"Run {run.Id} is being cancelled: the pages in hand are being ended.",
        RunStatus.Cancelled => $"Run {run.Id} is cancelled. What was written stays.",
        RunStatus.Enqueued => $"Run {run.Id} goes on.",
        _ => $"Run {run.Id} is {run.Status.Name()}.",
    };
}
