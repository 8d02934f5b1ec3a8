using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Crash;
using EmbeddingAdmin.Testing.Surroundings;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>Servers and workers that really die, on a server of the test's own.</summary>
public sealed class ServerDeathTests
{
    private static readonly CrashPlan Plan = new()
    {
        Seed = 900_001, Rows = 200, BlankEvery = 0, PageSize = 20, RequestSize = 20, Latency = TimeSpan.Zero, Workers = 1, AppChanges = 0, UnstampedEvery = 0, Faults = [],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_standby_pauses_the_run_and_after_a_promotion_the_server_is_confirmed_by_a_person()
    {
        await using var postgres = await CrashPostgres.StartAsync(Cancel);
        await using var site = await CrashSite.MakeAsync(postgres, Plan, Cancel, new SlowClock());
        site.Provider.Script.Hang = true;
        var (asked, lease) = await site.Control.StartHereAsync(await site.Services.AcceptedAsync(new(RunKind.Backfill, AppTable.Name), Cancel), CrashSite.Operator, Cancel);
        var driving = site.Services.GetRunner().RunAsync(asked, lease, Cancel);
        await site.Provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);

        await postgres.StopAtOnceAsync(Cancel);
        await postgres.StartAsStandbyAsync();
        await using var primary = new Promotion(site);
        site.Provider.Script.Hang = false;
        var feed = site.Services.GetRequiredService<RunFeed>();
        while (!driving.IsCompleted && feed.Latest(asked.Id)?.Progress.Waiting?.StartsWith("The server is a standby, which takes no writes. Nothing more was written", StringComparison.Ordinal) is not true)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);

        Assert.False(driving.IsCompleted, feed.Latest(asked.Id)?.Progress.Waiting);
        var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(() => site.Control.AskAsync(asked.Id, RunAction.Pause, null, CrashSite.Operator, Cancel));
        Assert.Equal(ErrorCodes.DatabaseStandby, DatabaseFaults.Explain(refused)?.Code);
        var why = await site.Services.GetRequiredService<WhyNothingChanged>().AskAsync(site.Services.GetRequiredService<TableCatalog>().Tables[0], Identity.Connection, new(), Cancel);
        Assert.Equal((ErrorCodes.DatabaseStandby, Suspect.Database, Found.Cause), (why.Code, why.Steps[0].Suspect, why.Steps[0].Found));
        await primary.DisposeAsync();
        var paused = await driving;
        Assert.Equal((RunStatus.Paused, ErrorCodes.DatabaseStandby), (paused.Status, paused.ReasonCode));

        Assert.True((await site.Control.AskAsync(asked.Id, RunAction.Resume, null, CrashSite.Operator, Cancel)).Done);
        var held = (await site.Services.GetRunner().RunAsync(asked.Id, Cancel))!;
        Assert.Equal((RunStatus.Paused, ErrorCodes.ServerChanged), (held.Status, held.ReasonCode));
        Assert.Contains("the same server after a fail-over", held.Reason, StringComparison.Ordinal);

        Assert.True((await site.Control.AskAsync(asked.Id, RunAction.Resume, null, CrashSite.Operator, Cancel)).Done);
        var ended = (await site.Services.GetRunner().RunAsync(asked.Id, Cancel))!;
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified), (ended.Status, ended.Verdict));
    }

    [Theory]
    [InlineData(RunAction.Pause, RunStatus.Paused)]
    [InlineData(RunAction.Cancel, RunStatus.Cancelled)]
    public async Task A_request_that_was_pending_when_its_worker_was_killed_is_fulfilled_by_another(RunAction action, RunStatus settled)
    {
        await using var postgres = await CrashPostgres.StartAsync(Cancel);
        await using var site = await CrashSite.MakeAsync(postgres, Plan, Cancel);
        site.Provider.Script.Hang = true;
        var worker = await site.StartWorkerAsync(Cancel);
        var run = await site.StartAsync(new(RunKind.Backfill, AppTable.Name), Cancel);
        await site.Provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);

        Assert.True((await site.Control.AskAsync(run.Id, action, null, CrashSite.Operator, Cancel)).Done);
        await worker.SignalAsync("KILL", Cancel);
        await worker.Exited;
        await site.StartWorkerAsync(Cancel);
        while ((await site.FindAsync(run.Id, Cancel)).Status != settled)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);

        var events = await site.Services.GetEvents().OfRunAsync(run.Id, 10, Cancel);
        Assert.Equal((Actor.System.Name, $"Its host stopped while the {(action == RunAction.Pause ? "pause" : "cancellation")} was pending."), (events[0].Actor, events[0].Sentence));
    }

    /// <summary>A clock by which everything takes a tenth of its time: on a busy machine a server may be away for longer than a worker believes in its lease.</summary>
    private sealed class SlowClock : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() / 10;
    }

    /// <summary>Makes the standby a primary, also where the test has failed: a database cannot be dropped on a standby.</summary>
    private sealed class Promotion(CrashSite site) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await site.ScalarAsync<bool>("select pg_is_in_recovery() and pg_promote()", CancellationToken.None);
    }
}
