using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class RunSnapshotTests
{
    private static readonly DateTimeOffset Then = new(2026, 3, 14, 15, 9, 26, TimeSpan.Zero);

    [Theory]
    [InlineData(RunStatus.Pausing, 61, 31, true)]
    [InlineData(RunStatus.Cancelling, 61, 31, true)]
    [InlineData(RunStatus.Pausing, 60, 60, false)]
    [InlineData(RunStatus.Pausing, 61, 30, false)]
    [InlineData(RunStatus.Pausing, 61, null, true)]
    [InlineData(RunStatus.Pausing, 59, null, false)]
    [InlineData(RunStatus.Running, 600, 600, false)]
    public void A_request_may_be_forced_when_it_is_old_and_nobody_is_there(RunStatus status, int seconds, int? silence, bool may)
    {
        var snapshot = Of(status, seconds, silence);
        Assert.Equal(may, snapshot.MayBeForced);
        Assert.Equal(may, RunActions.For(snapshot).Contains(RunAction.Force));
        Assert.DoesNotContain(RunAction.Force, RunActions.For(status));
    }

    [Theory]
    [InlineData(RunStatus.Running, 31, true)]
    [InlineData(RunStatus.Running, 30, false)]
    [InlineData(RunStatus.Paused, 600, false)]
    [InlineData(RunStatus.Enqueued, 600, false)]
    public void A_working_run_without_a_sign_for_30_s_is_silent(RunStatus status, int silence, bool silent) =>
        Assert.Equal(silent, Of(status, 900, silence).SilentSince is not null);

    [Fact]
    public void That_a_worker_falls_silent_and_comes_back_is_news_though_nothing_else_changed()
    {
        var heard = Of(RunStatus.Running, 100, 1);
        Assert.Same(heard, heard.With(heard with { AsOf = heard.AsOf.AddSeconds(10) }));
        var silent = heard.With(heard with { AsOf = heard.AsOf.AddSeconds(60) });
        Assert.Equal(heard.Heartbeat, silent.SilentSince);
        var back = silent.With(silent with { AsOf = silent.AsOf.AddSeconds(1), Heartbeat = silent.AsOf });
        Assert.Null(back.SilentSince);
        // What is older does not make it silent again.
        Assert.Same(back, back.With(silent));
    }

    private static RunSnapshot Of(RunStatus status, int seconds, int? silence) => new(
        new()
        {
            Id = 42, Kind = RunKind.Backfill, Table = "stories", VectorColumn = 1, Status = status, Version = 3, Attempt = 1, Actor = "Ada", CreatedAt = Then, ChangedAt = Then,
            Plan = new() { Provider = "local", Host = "in this process", Model = "feature-hashing-1", Dimensions = 24, Recipe = new string('a', 64), PageSize = 100 },
        },
        RunProgress.None,
        Then.AddSeconds(seconds))
    { Heartbeat = silence is { } quiet ? Then.AddSeconds(seconds - quiet) : null };
}
