namespace EmbeddingAdmin.Testing.Crash;

/// <summary>One fault, as it strikes, and what is put right again after it.</summary>
internal sealed class CrashFault(CrashSite site, PlannedFault fault, List<string> happened, List<string> violations)
{
    private static readonly TimeSpan MostToWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MostToEnd = TimeSpan.FromMinutes(1);

    /// <param name="passTime">Lets the run's lease run out.</param>
    /// <param name="ended">Whether the run has succeeded already.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task StrikeAsync(Func<CancellationToken, Task> passTime, Func<Task<bool>> ended, CancellationToken cancel)
    {
        var worker = await site.WorkingAsync(cancel) ?? site.Workers[0];
        // A cut is made where something is written, so that it has to be there before.
        if (fault.Cut is null)
            site.LetGo();
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await worker.SignalAsync("KILL", cancel);
                await worker.Exited;
                happened.Add($"{fault}");
                await passTime(cancel);
                await site.StartWorkerAsync(cancel);
                break;
            case FaultKind.Terminate:
                await TerminateAsync(worker, cancel);
                await site.StartWorkerAsync(cancel);
                break;
            case FaultKind.LeaseEnds:
                await passTime(cancel);
                happened.Add($"{fault}");
                break;
            case FaultKind.BlackHole:
                worker.Relay.Stall();
                if (fault.LeaseEnds)
                    await passTime(cancel);
                await Waiting.ForAsync(fault.Outage, cancel);
                worker.Relay.Flow();
                happened.Add($"{fault} {fault.Outage.TotalSeconds:0.0}s");
                break;
            case FaultKind.ServerStop:
                await site.Postgres.StopAtOnceAsync(cancel);
                await Waiting.ForAsync(fault.Outage, cancel);
                await site.Postgres.StartAgainAsync();
                happened.Add($"{fault}");
                break;
            default:
                await CutAsync(worker, ended, cancel);
                break;
        }
    }

    private async Task CutAsync(WorkerProcess worker, Func<Task<bool>> ended, CancellationToken cancel)
    {
        var struck = worker.Relay.Arm(fault.Cut!);
        site.LetGo();
        // Another worker may have taken the run meanwhile, or the run may have come to its end.
        await Waiting.UntilAsync(async () => struck.IsCompleted || await ended(), MostToWait, cancel);
        if (!struck.IsCompleted)
        {
            worker.Relay.Disarm();
            happened.Add($"{fault} found no place");
            return;
        }

        happened.Add($"{fault}: {await struck}");
        if (fault.Cut!.All)
            await Waiting.ForAsync(fault.Outage, cancel);
        worker.Relay.Open();
    }

    private async Task TerminateAsync(WorkerProcess worker, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        await worker.SignalAsync("TERM", cancel);
        if (!await Waiting.UntilAsync(() => Task.FromResult(worker.Exited.IsCompleted), MostToEnd, cancel))
        {
            violations.Add($"The worker did not end within {MostToEnd.TotalSeconds:0} s of SIGTERM.");
            await worker.SignalAsync("KILL", cancel);
            await worker.Exited;
        }
        else if (worker.ExitCode != 0)
            violations.Add($"The worker ended with {worker.ExitCode} after SIGTERM.");
        happened.Add($"{fault} ended in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0}s");
    }
}
