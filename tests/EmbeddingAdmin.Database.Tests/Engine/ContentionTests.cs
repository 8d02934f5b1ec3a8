using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>Many who ask things of one run at once, while it is really driven.</summary>
public sealed class ContentionTests(AssemblyStack stack)
{
    private const int Askers = 8;
    private const int Requests = 15;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_asked_by_whomever_only_arrows_are_taken_and_everybody_is_answered(bool cancelled)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 600, ("Backfill:BatchSize", "20"));
        var run = await engine.EnqueueSlowAsync(5);
        await engine.HostAsync();
        await engine.UntilAsync(run.Id, seen => seen.Progress.Receipt[RowOutcome.Written] > 0);
        await using var elsewhere = engine.Another();
        var done = new List<CommandResult>();

        await Task.WhenAll(Enumerable.Range(0, Askers).Select(async asker =>
        {
            // Any choice will do; the same ones each time.
#pragma warning disable CA5394
            var chance = new Random(asker);
            var control = (asker % 2 == 0 ? engine.Services : elsewhere).GetControl();
            for (var request = 0; request < Requests; request++)
            {
                var action = cancelled && request == Requests - 1
                    ? RunAction.Cancel
                    : new[] { RunAction.Pause, RunAction.Resume, RunAction.Resume, RunAction.Retry, RunAction.Force }[chance.Next(5)];
                var seen = chance.Next(3) == 0 ? (await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!.Status : (RunStatus?)null;
                var answer = await control.AskAsync(run.Id, action, seen, new Actor($"asker {asker}", "test"), TestEngine.Cancel);
                lock (done)
                    done.Add(answer);
                await Task.Delay(TimeSpan.FromMilliseconds(chance.Next(40)), TimeProvider.System, TestEngine.Cancel);
            }
#pragma warning restore CA5394
        }));
        await engine.HurryAsync(run.Id);
        var quiet = await engine.UntilAsync(run.Id, seen => cancelled ? seen.Run.Status.IsFinal() : seen.Run.Status is RunStatus.Paused or RunStatus.Running or RunStatus.Enqueued or RunStatus.Succeeded);
        if (quiet.Run.Status == RunStatus.Paused)
            await engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal(Askers * Requests, done.Count);
        Assert.All(done, answer => Assert.NotEmpty(answer.Sentence));
        Assert.Contains(done, answer => answer.Done);
        Assert.Contains(done, answer => !answer.Done);
        var kinds = (await engine.Services.GetEvents().OfRunAsync(run.Id, 10_000, TestEngine.Cancel)).Where(e => e.Actor.StartsWith("asker", StringComparison.Ordinal)).ToList();
        Assert.Equal(done.Count(answer => !answer.Done), kinds.Count(e => e.Kind.EndsWith(".refused", StringComparison.Ordinal)));
        Assert.Equal(done.Count(answer => answer.Done), kinds.Count(e => !e.Kind.EndsWith(".refused", StringComparison.Ordinal)));
        await AssertArrowsAsync(engine, run.Id, ended.Run.Version);
        Assert.Equal((cancelled ? RunStatus.Cancelled : RunStatus.Succeeded, cancelled ? null : Verdict.Verified), (ended.Run.Status, ended.Run.Verdict));
        var written = await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel);
        Assert.Equal((written, 600 - written), (ended.Receipt[RowOutcome.Written], ended.Receipt[RowOutcome.NotAttempted]));
        Assert.Empty(await engine.DifferencesAsync("embedding is not null"));
    }

    [Fact]
    public async Task Two_names_of_one_column_have_one_writing_run_between_them()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10,
            ("Tables:1:Name", "tales"), ("Tables:1:Table", "stories"), ("Tables:1:Vector", "embedding"), ("Tables:1:Text", "{title}"));
        var first = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(new(RunKind.Backfill, "tales"), TestEngine.Operator, TestEngine.Cancel));

        Assert.Equal(ErrorCodes.ColumnHeld, refused.Code);
        Assert.StartsWith($"Run {first.Id} (enqueued) holds this column since ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("tester started it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pause_that_the_system_asked_for_keeps_its_reason_when_the_worker_dies_over_it()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 10);
        var (run, _) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Store.MoveAsync(run, RunStatus.Pausing, Actor.System, new(ErrorCodes.DatabaseFull, "The disk is full."), TestEngine.Cancel);
        await engine.Database.ExecuteAsync("update embedding_admin.run_lease set until = clock_timestamp() - interval '1 second'", TestEngine.Cancel);

        var settled = Assert.Single(await engine.Store.Leases.SettleAbandonedAsync(TestEngine.Cancel));

        Assert.Equal((RunStatus.Paused, ErrorCodes.DatabaseFull, "The disk is full."), (settled.Status, settled.ReasonCode, settled.Reason));
    }

    /// <summary>Every change of the record, in the order in which it was made: each is one arrow further than the one before.</summary>
    private static async Task AssertArrowsAsync(TestEngine engine, long run, int version)
    {
        var steps = (await engine.Services.GetRequiredService<EventLog>().OfRunAsync(run, 10_000, TestEngine.Cancel))
            .Where(e => Enum.TryParse<RunStatus>(e.Kind["run.".Length..], ignoreCase: true, out _))
            .OrderBy(e => e.Id)
            .Select(e => RunStatuses.Parse(e.Kind["run.".Length..]))
            .ToList();
        Assert.Equal(RunStatus.Enqueued, steps[0]);
        Assert.All(steps.Zip(steps.Skip(1)), step => Assert.True(RunTransitions.Allows(step.First, step.Second), $"{step.First} to {step.Second}"));
        // The first is the insert; each of the others counted the version up, and so did the scope's count at each taking.
        Assert.True(version >= steps.Count, $"version {version} after {steps.Count} changes");
    }
}
