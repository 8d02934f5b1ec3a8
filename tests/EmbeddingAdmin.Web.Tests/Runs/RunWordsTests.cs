using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class RunWordsTests
{
    private static readonly RunKind[] Kinds = Enum.GetValues<RunKind>();

    [Fact]
    public void Every_status_has_a_look_a_reason_and_a_progress_in_words() => Assert.All(Enum.GetValues<RunStatus>(), status =>
    {
        var snapshot = Sample.Snapshot(Sample.Run(status));
        Assert.NotEmpty(RunWords.Look(snapshot).Word);
        Assert.EndsWith(".", RunWords.Reason(snapshot), StringComparison.Ordinal);
        Assert.NotEmpty(RunWords.Progress(snapshot));
    });

    [Fact]
    public void The_systems_reason_goes_before_the_usual_one_and_a_wait_before_the_phase()
    {
        var errored = Sample.Run(RunStatus.Errored) with { Reason = "The provider refused the key.", ReasonCode = ErrorCodes.KeyRefused };
        Assert.Equal("The provider refused the key.", RunWords.Reason(Sample.Snapshot(errored)));

        var waiting = Sample.Snapshot(Sample.Run(RunStatus.Running));
        waiting = waiting with { Progress = waiting.Progress with { Phase = "embedding", Waiting = "Waiting for the provider." } };
        Assert.Equal("Waiting for the provider.", RunWords.Reason(waiting));
        Assert.Same(StatusLook.Waiting, RunWords.Look(waiting));
    }

    [Fact]
    public void Time_left_is_unknown_when_it_is_and_gone_when_the_run_has_ended()
    {
        Assert.Equal("unknown", RunWords.TimeLeft(Sample.Snapshot(Sample.Run(RunStatus.Running), (RowOutcome.Written, 1000))));
        Assert.Equal("unknown", RunWords.TimeLeft(Sample.Snapshot(Sample.Run(RunStatus.Paused), (RowOutcome.Written, 1000))));
        Assert.Null(RunWords.TimeLeft(Sample.Snapshot(Sample.Run(RunStatus.Succeeded))));
        var running = Sample.Snapshot(Sample.Run(RunStatus.Running), (RowOutcome.Written, 1000));
        Assert.Equal("about 10 s", RunWords.TimeLeft(running with { Progress = running.Progress with { RowsPerSecond = 400 } }));
    }

    [Fact]
    public void Rows_that_were_not_counted_have_no_share()
    {
        Assert.Equal("counting the rows in scope", RunWords.Progress(Sample.Snapshot(Sample.Run(RunStatus.Running) with { ScopeRows = null })));
        Assert.Equal("no row in scope", RunWords.Progress(Sample.Snapshot(Sample.Run(RunStatus.Succeeded) with { ScopeRows = 0 })));
        Assert.Equal("4,999 of 5,000 rows (99.9 %)", RunWords.Progress(Sample.Snapshot(Sample.Run(RunStatus.Running), (RowOutcome.Written, 4999))));
    }

    [Fact]
    public void Every_outcome_has_a_word_of_its_own_for_each_kind() => Assert.All(Kinds, kind =>
        Assert.Equal(Receipt.Outcomes.Length, Receipt.Outcomes.Select(outcome => OutcomeWords.Of(kind, outcome).Word).Distinct(StringComparer.Ordinal).Count()));

    [Fact]
    public void What_keeps_a_run_from_being_verified_never_looks_good() => Assert.All(Receipt.Outcomes, outcome =>
    {
        if (Receipt.Empty.Add(outcome).Verdict != Verdict.Verified)
            Assert.NotEqual(Tone.Good, OutcomeWords.Of(RunKind.Backfill, outcome).Tone);
    });
}
