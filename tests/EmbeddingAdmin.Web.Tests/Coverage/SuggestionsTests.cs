using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class SuggestionsTests
{
    [Theory]
    [InlineData(CoverageState.Missing, 4960, "4,960 stories have text and no vector.")]
    [InlineData(CoverageState.Missing, 1, "1 row of stories has text and no vector.")]
    [InlineData(CoverageState.StaleText, 1204, "1,204 stories were edited since they were embedded.")]
    [InlineData(CoverageState.StaleText, 1, "1 row of stories was edited since it was embedded.")]
    [InlineData(CoverageState.StaleConfig, 12, "12 vectors are from other settings (another model, length or text).")]
    [InlineData(CoverageState.StaleConfig, 1, "1 vector is from other settings (another model, length or text).")]
    [InlineData(CoverageState.Unstamped, 7, "7 vectors are of unknown origin: no run of this dashboard wrote them, or somebody replaced them.")]
    [InlineData(CoverageState.Unstamped, 1, "1 vector is of unknown origin: no run of this dashboard wrote it, or somebody replaced it.")]
    [InlineData(CoverageState.Invalid, 3, "3 vectors can be found by no search (zero, or of the wrong length).")]
    public void A_state_with_rows_is_said_in_a_sentence_and_prepares_a_start_over_just_these(CoverageState state, long rows, string reason)
    {
        var suggestion = Assert.Single(Suggestions.For(With((state, rows)), []));
        Assert.Equal((reason, Sample.Now), (suggestion.Reason, suggestion.At));
        Assert.Equal([state], suggestion.Choice!.Request("stories").Scope);
        Assert.Null(suggestion.Choice.Missing);
    }

    [Fact]
    public void A_table_in_order_has_none_and_neither_has_what_was_not_computed()
    {
        Assert.Empty(Suggestions.For(Sample.Coverage(100, fresh: 60, empty: 40), []));
        var unknown = Sample.Coverage(100, fresh: 60, missing: 40);
        Assert.Empty(Suggestions.For(unknown with { Figures = CoverageStates.InOrder.ToDictionary(state => state, _ => (Figure?)null) }, []));
    }

    [Fact]
    public void At_most_three_the_most_important_first()
    {
        var all = CoverageStates.Mendable.Select(state => (state, 2L)).ToArray();
        Assert.Equal(
            [CoverageState.Missing, CoverageState.Invalid, CoverageState.StaleConfig],
            Suggestions.For(With(all), [Ended(RunKind.Backfill, 12, Sample.Now, written: 5)]).Select(suggestion => suggestion.Choice!.Request("stories").Scope[0]));
    }

    [Fact]
    public void An_estimate_is_said_to_be_one()
    {
        var counted = With((CoverageState.Missing, 4960));
        var guessed = counted with { Figures = counted.Figures.ToDictionary(figure => figure.Key, figure => figure.Value is { } known ? known with { Basis = Basis.Counter } : null) };
        Assert.Equal("≈ 4,960 stories have text and no vector.", Assert.Single(Suggestions.For(guessed, [])).Reason);
    }

    [Theory]
    [InlineData(RunStatus.Running, 0)]
    [InlineData(RunStatus.Paused, 0)]
    [InlineData(RunStatus.Succeeded, 1)]
    public void Nothing_is_suggested_while_a_run_holds_the_column(RunStatus status, int count) =>
        Assert.Equal(count, Suggestions.For(With((CoverageState.Missing, 5)), [Sample.Snapshot(Sample.Run(status))]).Count);

    [Fact]
    public void A_verification_is_suggested_when_none_began_since_vectors_were_written_last()
    {
        var coverage = Sample.Coverage(100, fresh: 100);
        var wrote = Ended(RunKind.Backfill, 12, Sample.Now, written: 5);
        var suggestion = Assert.Single(Suggestions.For(coverage, [Ended(RunKind.Backfill, 13, Sample.Now.AddMinutes(1), written: 0), wrote, Ended(RunKind.Verify, 11, Sample.Now.AddMinutes(-5))]));
        Assert.Equal(("Nothing was verified since run 12 wrote.", null, Sample.Now), (suggestion.Reason, suggestion.Choice, suggestion.At));

        Assert.Empty(Suggestions.For(coverage, [Ended(RunKind.Verify, 13, Sample.Now.AddMinutes(1)), wrote]));
        Assert.Single(Suggestions.For(coverage, [Ended(RunKind.Verify, 13, Sample.Now.AddMinutes(1), RunStatus.Cancelled), wrote]));
        Assert.Empty(Suggestions.For(coverage, [Sample.Snapshot(Sample.Run(RunStatus.Running, RunKind.Verify, 13)), wrote]));
        Assert.Empty(Suggestions.For(Sample.Coverage(100, empty: 100), [wrote]));
    }

    [Theory]
    [InlineData("profiles", 2, "2 profiles")]
    [InlineData("profiles", 1, "1 row of profiles")]
    [InlineData("profiles", 0, "0 profiles")]
    [InlineData("story_texts", 1204, "1,204 rows of story_texts")]
    [InlineData("address", 3, "3 rows of address")]
    [InlineData("status", 3, "3 rows of status")]
    [InlineData("catalog", 3, "3 rows of catalog")]
    [InlineData("Stories", 3, "3 rows of Stories")]
    public void Rows_are_called_by_the_tables_name_where_that_is_a_plural_word(string table, long count, string words) => Assert.Equal(words, TableNoun.Of(table, count));

    private static TableCoverage With(params (CoverageState State, long Rows)[] states)
    {
        var none = Sample.Coverage(5000);
        return none with { Figures = CoverageStates.InOrder.ToDictionary(state => state, Figure? (state) => Sample.Counted(states.FirstOrDefault(known => known.State == state).Rows)) };
    }

    private static RunSnapshot Ended(RunKind kind, long id, DateTimeOffset at, RunStatus status = RunStatus.Succeeded) =>
        Sample.Snapshot(Sample.Run(status, kind, id) with { CreatedAt = at, EndedAt = at });

    private static RunSnapshot Ended(RunKind kind, long id, DateTimeOffset at, long written) =>
        Sample.Snapshot(Sample.Run(RunStatus.Succeeded, kind, id) with { CreatedAt = at, EndedAt = at }, (RowOutcome.Written, written));
}
