using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using Npgsql;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>Starts a run and drives it in this process, with the runner that the dashboard's host uses.</summary>
internal static class Drive
{
    public static async Task<int> RunAsync(this Terminal terminal, StartRequest request)
    {
        try
        {
            var (run, lease) = await terminal.Get<RunControl>().StartHereAsync(request, terminal.Actor, terminal.Signals.Any);
            return await RunAsync(terminal, run, lease);
        }
        catch (EmbeddingAdminException held) when (held.Code == ErrorCodes.ColumnHeld)
        {
            var holder = (await terminal.Get<RunStore>().NewestAsync(request.Table, 100, terminal.Signals.Any))
                .FirstOrDefault(snapshot => snapshot.Run.Writes && snapshot.Run.Status.IsActive());
            return terminal.Answer.Fail(Failure.Of(held), holder?.Run.Id);
        }
    }

    private static async Task<int> RunAsync(Terminal terminal, Run run, RunLease lease)
    {
        var progress = new ProgressLine(terminal.Answer, terminal.Get<TimeProvider>());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(terminal.Signals.Terminated);
        using var ended = new CancellationTokenSource();
        var watching = progress.FollowAsync(terminal.Get<RunFeed>().WatchAsync(run.Id, ended.Token), ended.Token);
        var pausing = PauseWhenInterruptedAsync(terminal, run.Id, stop, ended.Token);

        await terminal.Get<Runner>().RunAsync(run, lease, stop.Token);

        await ended.CancelAsync();
        await watching;
        await pausing;
        // Read again, because somebody else may have taken the run over.
        var last = (await terminal.Get<RunStore>().SnapshotAsync(run.Id, CancellationToken.None))!;
        progress.End(last);
        if (last.Run.Reason is { } reason && last.Run.Status is not RunStatus.Succeeded)
            await Console.Error.WriteLineAsync(last.Run.ReasonCode is { } code ? $"{code}: {reason}" : reason);
        var report = last.Run.Writes ? null : await terminal.Get<VerifyReports>().ReadAsync(last, CancellationToken.None);
        terminal.Answer.Give(RunReport.Of(last) with { Report = report }, report is null ? RunReport.InWords(last) : $"{RunReport.InWords(last)}\n{RunReport.InWords(report)}");
        return terminal.Signals.Interrupted.IsCancellationRequested && last.Run.Status is RunStatus.Paused or RunStatus.Interrupted or RunStatus.Enqueued
            ? ExitCodes.Interrupted
            : RunReport.ExitCodeOf(last.Run);
    }

    private static async Task PauseWhenInterruptedAsync(Terminal terminal, long run, CancellationTokenSource stop, CancellationToken ended)
    {
        var asked = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onInterrupt = terminal.Signals.Interrupted.Register(() => asked.TrySetResult(true));
        await using var onEnd = ended.Register(() => asked.TrySetResult(false));
        if (!await asked.Task)
            return;
        try
        {
            await terminal.Get<RunControl>().AskAsync(run, RunAction.Pause, seen: null, terminal.Actor, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // Nobody can be asked; the run stops all the same, and a host goes on with it.
        }

        // At once: without this the runner would find out at its next look at the record.
        await stop.CancelAsync();
        await Console.Error.WriteLineAsync($"Pausing run {run}: the pages in hand are being ended. Ctrl-C once more ends at once.");
    }
}
