using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Core.Tests.Access;

public sealed class IndexAdviceTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 14, 15, 9, 26, TimeSpan.Zero);

    private static readonly IndexFacts Hnsw = new("stories_hnsw", "hnsw", 1, "CREATE INDEX stories_hnsw ON public.stories USING hnsw (embedding vector_cosine_ops)");

    // On one connection; a run writes on two.
    private static readonly WriteRates Slow = new(100, 10_000, Now);

    [Theory]
    [InlineData(90d)]
    [InlineData(139d)]
    public void A_provider_that_is_slower_than_the_index_is_the_bottleneck(double provider)
    {
        var advice = Of(Slow, new(provider, "run 7, which went at its speed"), 100_000);

        Assert.Null(advice.Saves);
        Assert.StartsWith($"The provider is the bottleneck, leave it: vectors come at {provider:0} rows per second (from run 7, which went at its speed), and the database takes about 200 rows per second with the index and 20,000 without.", advice.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pace_is_no_more_than_it_is_also_where_the_index_is_hardly_faster()
    {
        Assert.StartsWith("The pace is the bottleneck, leave it", Of(Slow, new(190, "the pace of 190 rows per second", IsPace: true), 100_000).Sentence, StringComparison.Ordinal);
        Assert.NotNull(Of(Slow, new(5000, "the pace of 5000 rows per second", IsPace: true), 1_000_000).Saves);
    }

    [Fact]
    public void Where_the_index_holds_the_run_up_dropping_it_saves_what_is_left_after_it_is_built_again()
    {
        // With it 100,000 / 200 = 500 s; without 100,000 / 20,000 = 5 s; built again a fifth of 100,000 × (10 − 0.1) ms = 198 s.
        var advice = Of(Slow, new(1000, "run 7"), 100_000);

        Assert.Equal(500 - 5 - 198, advice.Saves!.Value.TotalSeconds, 3);
        Assert.StartsWith("Dropping it first would save about 4 minutes, building it again over 100,000 rows included", advice.Sentence, StringComparison.Ordinal);
        Assert.Contains("every search by vector reads the whole table", advice.Sentence, StringComparison.Ordinal);
        Assert.Equal(("drop index stories_hnsw;", $"{Hnsw.Definition};"), (advice.Drop, advice.Make));
    }

    [Fact]
    public void An_index_over_many_more_rows_than_are_written_is_left()
    {
        var advice = Of(Slow, new(1000, "run 7"), 100_000, vectors: 10_000_000);

        Assert.Null(advice.Saves);
        Assert.StartsWith("Leave it: dropping it first and building it again over 10,000,000 rows would save less than a minute", advice.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_few_rows_are_not_worth_it() => Assert.Null(Of(Slow, new(1000, "run 7"), 5000).Saves);

    [Fact]
    public void A_pace_between_the_two_bounds_what_is_saved()
    {
        // With it 500 s; without 100,000 / 400 = 250 s; 198 s to build it again.
        Assert.Null(Of(Slow, new(400, "the pace", IsPace: true), 100_000).Saves);
        Assert.Equal(10 * (500 - 250 - 198), Of(Slow, new(400, "the pace", IsPace: true), 1_000_000).Saves!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void A_run_that_went_about_as_fast_as_the_index_allows_may_have_been_held_up_by_it()
    {
        var advice = Of(Slow, new(190, "run 7"), 1_000_000);

        Assert.Contains("which the index may have held up", advice.Sentence, StringComparison.Ordinal);
        Assert.Equal((1_000_000 / 190d) - 50 - 1980, advice.Saves!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void What_nobody_knows_is_said()
    {
        var unknown = Of(Slow, new(null, "unknown until the first pages are through"), 100_000);
        Assert.Null(unknown.Saves);
        Assert.Equal("The database takes about 200 rows per second with the index and 20,000 without. Whether that holds the run up nobody knows: how fast vectors come is unknown until the first pages are through.", unknown.Sentence);

        var unmeasured = Of(new(null, null, Now) { Why = "the table has no row that it could be tried on" }, new(90, "run 7"), 10);
        Assert.Null(unmeasured.Saves);
        Assert.Equal("How much the index slows the writing down was not measured: the table has no row that it could be tried on.", unmeasured.Sentence);

        Assert.Contains("takes fewer than 34 rows per second", Of(new(17, 10_000, Now) { AtMost = true }, new(90, "run 7"), 10).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_indexes_are_dropped_and_made_together()
    {
        var advice = IndexAdvice.Of([Hnsw, Hnsw with { Name = "other", Definition = "CREATE INDEX other …" }], Slow, new(90, "run 7"), 1000, 1000);

        Assert.Equal(("drop index stories_hnsw;\ndrop index other;", $"{Hnsw.Definition};\nCREATE INDEX other …;"), (advice.Drop, advice.Make));
        Assert.Contains("leave them", advice.Sentence, StringComparison.Ordinal);
    }

    private static IndexAdvice Of(WriteRates rates, ExpectedSpeed speed, long rows, long? vectors = null) => IndexAdvice.Of([Hnsw], rates, speed, rows, vectors ?? rows);
}
