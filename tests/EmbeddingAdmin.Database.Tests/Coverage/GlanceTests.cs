using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Coverage;

/// <summary>The first answer about a large table: from the last count, the partial index or the statistics, and always with what it rests on.</summary>
public sealed class GlanceTests(AssemblyStack stack)
{
    private static readonly (string, string)[] Large = [("Coverage:ExamineAtOnceUpTo", "10")];

    [Fact]
    public async Task The_last_count_and_what_our_runs_have_written_since_is_the_answer_without_a_look_at_the_table()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60, Large);
        await engine.Database.ExecuteAsync("insert into stories (title) values (''); analyze stories", TestEngine.Cancel);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Limit = 20 });
        var counted = await engine.CoverageAsync();
        Assert.Equal((61L, 20L, 40L, 1L), (counted.Total, counted.Embedded, counted[CoverageState.Missing], counted[CoverageState.EmptySource]));
        // Each run counts anew when it has ended; set back, as if its count had not come through, the ledger is all that is known of it.
        var kept = await engine.Database.ScalarAsync<DateTime>("select at from embedding_admin.coverage_count", TestEngine.Cancel);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Limit = 15 });
        await engine.Database.ExecuteAsync($"update embedding_admin.coverage_count set total = 61, embedded = 20, empty_source = 1, at = '{kept:O}'", TestEngine.Cancel);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Keys = ["1", "2"] });
        await engine.Database.ExecuteAsync($"update embedding_admin.coverage_count set total = 61, embedded = 20, empty_source = 1, at = '{kept:O}'; alter table stories rename to gone", TestEngine.Cancel);

        var glance = await GlanceAsync(engine);

        // The two rows that were written again had a vector before.
        Assert.Equal((61L, 35L, 25L, 1L), (glance!.Total, glance.Embedded, glance[CoverageState.Missing], glance[CoverageState.EmptySource]));
        Assert.Equal((Basis.Counter, false, new DateTimeOffset(kept.ToUniversalTime(), TimeSpan.Zero)), (glance.WithVector.Basis, glance.Exact, glance.AsOf));
        Assert.Null(glance[CoverageState.Fresh]);
    }

    [Fact]
    public async Task Without_a_count_the_partial_index_says_what_is_missing_and_the_statistics_how_many_rows_there_are()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200, Large);
        var advice = await MissingIndex.FindAsync(engine.Database.DataSource, await engine.TargetAsync(), 200, TestEngine.Cancel);
        Assert.Null(advice.Name);
        await engine.Database.ExecuteAsync(advice.Make.TrimEnd(';'), TestEngine.Cancel);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("analyze stories; delete from embedding_admin.coverage_count; update stories set embedding = null where id <= 7", TestEngine.Cancel);

        var glance = await GlanceAsync(engine);

        Assert.Equal((200L, 193L, Basis.Index, Basis.Statistics, false), (glance!.Total, glance.Embedded, glance.WithVector.Basis, glance.Rows.Basis, glance.Exact));
        var found = await MissingIndex.FindAsync(engine.Database.DataSource, await engine.TargetAsync(), 200, TestEngine.Cancel);
        Assert.Equal("stories_embedding_missing", found.Name);
        await engine.Database.ExecuteAsync(found.Drop.TrimEnd(';'), TestEngine.Cancel);
        Assert.Null((await MissingIndex.FindAsync(engine.Database.DataSource, await engine.TargetAsync(), 200, TestEngine.Cancel)).Name);
    }

    [Theory]
    [InlineData("create index other on stories (id) where embedding is not null")]
    [InlineData("create index other on stories (id) where embedding is null and likes > 0")]
    [InlineData("create index other on stories (id) where title is null")]
    public async Task An_index_over_other_rows_is_not_taken_for_it(string sql)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);
        await engine.Database.ExecuteAsync(sql, TestEngine.Cancel);

        Assert.Null((await MissingIndex.FindAsync(engine.Database.DataSource, await engine.TargetAsync(), 1, TestEngine.Cancel)).Name);
    }

    [Fact]
    public async Task The_size_that_is_offered_is_about_what_the_index_takes()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        await engine.Database.ExecuteAsync("insert into stories (title) select 'n' from generate_series(1, 50000)", TestEngine.Cancel);
        var advice = await MissingIndex.FindAsync(engine.Database.DataSource, await engine.TargetAsync(), 50_000, TestEngine.Cancel);

        await engine.Database.ExecuteAsync(advice.Make.TrimEnd(';'), TestEngine.Cancel);

        var size = await engine.Database.ScalarAsync<long>("select pg_relation_size('stories_embedding_missing')", TestEngine.Cancel);
        Assert.InRange(advice.Bytes!.Value, size / 2, size * 2);
    }

    [Fact]
    public async Task Without_either_the_statistics_are_the_answer_and_as_old_as_they_are()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100, Large);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set embedding = null where id <= 25; analyze stories; delete from embedding_admin.coverage_count", TestEngine.Cancel);

        var glance = await GlanceAsync(engine);

        Assert.Equal((100L, 75L, Basis.Statistics, false), (glance!.Total, glance.Embedded, glance.WithVector.Basis, glance.Exact));
    }

    [Fact]
    public async Task Of_a_small_table_or_behind_a_filter_nothing_is_guessed()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        await engine.Database.ExecuteAsync("analyze stories", TestEngine.Cancel);
        Assert.Null(await GlanceAsync(engine));
        await using var filtered = engine.Another(null, ("Coverage:ExamineAtOnceUpTo", "10"), ("Tables:0:Filter", "likes=eq.0"));

        Assert.Null(await filtered.GetRequiredService<CoverageGlance>().ReadAsync(filtered.GetRequiredService<TableCatalog>().Tables[0], TestEngine.Cancel));
    }

    private static Task<TableCoverage?> GlanceAsync(TestEngine engine) => engine.Services.GetRequiredService<CoverageGlance>().ReadAsync(engine.Table, TestEngine.Cancel);
}
