using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>What an index on the vector costs is measured on a few rows and rolled back, and the advice follows from it.</summary>
public sealed class IndexMeasureTests(AssemblyStack stack)
{
    private const string Index = "create index near on stories using hnsw (embedding extensions.vector_cosine_ops)";

    private const string Everything = "select md5(string_agg(md5(t::text || t.xmin::text), '' order by id)) from stories t";

    private static readonly StartRequest Request = new(RunKind.Backfill, "stories");

    [Fact]
    public async Task An_index_that_holds_the_run_up_had_better_be_dropped_and_one_that_does_not_is_left()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0, ("Backfill:RowsPerSecond", "100000"));
        await engine.Database.ExecuteAsync(
            """
            -- An index that takes 40 ms for a row, whatever else the machine does.
            create function slowly(extensions.vector) returns extensions.vector language plpgsql immutable strict as $$ begin perform pg_sleep(0.04); return $1; end $$;
            create index near on stories using hnsw ((slowly(embedding)::extensions.vector(24)) extensions.vector_cosine_ops);
            insert into stories (title) select 'story ' || n from generate_series(1, 200000) n; analyze stories
            """, TestEngine.Cancel);

        var fast = (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Indexes!;

        Assert.True(fast.Rates.With < fast.Rates.Without / 3, $"{fast.Rates}");
        Assert.NotNull(fast.Saves);
        Assert.StartsWith("Dropping it first would save about", fast.Sentence, StringComparison.Ordinal);
        Assert.Equal("drop index near;", fast.Drop);
        // Both statements are what they say: the second makes again what the first has dropped.
        var made = await engine.Database.ScalarAsync<string>("select indexdef from pg_indexes where indexname = 'near'", TestEngine.Cancel);
        Assert.Equal($"{made};", fast.Make);

        await using var slow = engine.Another(null, ("Backfill:RowsPerSecond", "1"));
        var left = (await slow.GetControl().PreviewAsync(Request, TestEngine.Cancel)).Indexes!;
        Assert.Null(left.Saves);
        Assert.StartsWith("The pace is the bottleneck, leave it: vectors come at 1 rows per second", left.Sentence, StringComparison.Ordinal);
        await using var unknown = engine.Another();
        Assert.Contains("nobody knows", (await unknown.GetControl().PreviewAsync(Request, TestEngine.Cancel)).Indexes!.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_measured_is_rolled_back_and_not_measured_again_for_a_while(bool pooled)
    {
        await using var engine = pooled ? await TestEngine.StartPooledAsync(stack.Postgres, 120) : await TestEngine.StartAsync(stack.Postgres, 120);
        await engine.Database.ExecuteAsync($"update stories set embedding = array_fill(1, array[24])::real[]::extensions.vector where id <= 20; {Index}", TestEngine.Cancel);
        var before = await engine.Database.ScalarAsync<string>(Everything, TestEngine.Cancel);

        var first = (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Indexes!;
        var second = (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Indexes!;

        Assert.True(first.Rates is { With: > 0, Without: > 0, Why: null }, $"{first.Rates}");
        Assert.Same(first.Rates, second.Rates);
        Assert.Equal(before, await engine.Database.ScalarAsync<string>(Everything, TestEngine.Cancel));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from pg_class where relname = 'embedding_admin_rate'", TestEngine.Cancel));
        // Another index is another cost.
        await engine.Database.ExecuteAsync("create index far on stories using hnsw (embedding extensions.vector_l2_ops)", TestEngine.Cancel);
        Assert.NotSame(first.Rates, (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Indexes!.Rates);
    }

    [Fact]
    public async Task Nothing_is_tried_on_a_table_whose_triggers_would_be_set_off_but_on_one_that_only_notes_the_time()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync(
            $"""
            {Index}; create sequence tried;
            create function tick() returns trigger language plpgsql as $$ begin perform nextval('tried'); return new; end $$;
            create trigger counted before update on stories for each row execute function tick()
            """, TestEngine.Cancel);

        var untried = (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Indexes!;

        Assert.StartsWith("How much the index slows the writing down was not measured: trying it would set off the table's triggers and rules", untried.Sentence, StringComparison.Ordinal);
        Assert.False(await engine.Database.ScalarAsync<bool>("select is_called from tried", TestEngine.Cancel));

        await engine.Database.ExecuteAsync(
            "drop trigger counted on stories; create function set_updated_at() returns trigger language plpgsql as $$ begin return new; end $$; create trigger touched before update on stories for each row execute function set_updated_at()",
            TestEngine.Cancel);
        Assert.NotNull((await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Indexes!.Rates.With);
    }

    [Fact]
    public async Task A_table_without_rows_to_try_it_on_is_said_to_be_one()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        await engine.Database.ExecuteAsync(Index, TestEngine.Cancel);
        await using var app = await engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using var transaction = await app.BeginTransactionAsync(TestEngine.Cancel);
        await using var hold = new Npgsql.NpgsqlCommand("select from stories for update", app, transaction);
        await hold.ExecuteNonQueryAsync(TestEngine.Cancel);

        Assert.Contains("was not measured: the table has no row that it could be tried on", (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Indexes!.Sentence, StringComparison.Ordinal);
    }
}
