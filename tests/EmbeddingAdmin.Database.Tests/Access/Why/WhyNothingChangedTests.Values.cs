using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>What is about values and not about rights: what Postgres does with them, and what this program does so that nobody meets it.</summary>
public sealed partial class WhyNothingChangedTests
{
    // That an answer with such a vector stores nothing, and that its row is parked: PoisonTextTests and OpenAiEmbeddingsTests.
    [Theory]
    [InlineData(float.NaN, 24, "22000", ErrorCodes.NotFinite)]
    [InlineData(float.PositiveInfinity, 24, "22000", ErrorCodes.NotFinite)]
    [InlineData(1f, 23, "22000", ErrorCodes.WrongDimensions)]
    [InlineData(1f, 0, "22000", ErrorCodes.WrongDimensions)]
    [InlineData(0f, 24, null, ErrorCodes.ZeroVector)]
    public async Task A_vector_that_is_none_is_refused_here_before_Postgres_refuses_it_or_takes_it(float value, int dimensions, string? state, string code)
    {
        await database.BeginAsync("select 1");
        var vector = Enumerable.Repeat(value, dimensions).ToArray();
        await using var command = database.Engine.Database.DataSource.CreateCommand("update stories set embedding = $1::real[]::extensions.vector where id = 1");
        command.Parameters.Add(new() { Value = vector });

        var refused = await Record.ExceptionAsync(() => command.ExecuteNonQueryAsync(TestEngine.Cancel)) as PostgresException;

        Assert.Equal(state, refused?.SqlState);
        Assert.Equal(code, VectorCheck.Refusal(vector, TestEngine.Dimensions)?.Code);
    }

    [Fact]
    public async Task A_zero_vector_that_somebody_else_stored_is_counted_as_invalid_said_and_replaced()
    {
        await database.BeginAsync("grant select, update on stories to service_role; update stories set embedding = array_fill(0, array[24])::extensions.vector where id = 1");
        await database.SqlAsync("insert into stories (id, title, embedding) select n, 't', array(select random() from generate_series(1, 24) where n > 0)::real[]::extensions.vector from generate_series(100, 149) n; create index on stories using hnsw (embedding extensions.vector_cosine_ops)");
        Assert.Equal(50, await database.Engine.Database.ScalarAsync<long>("set enable_seqscan = off; set hnsw.ef_search = 200; select count(*) from (select from stories order by embedding operator(extensions.<=>) array_fill(1, array[24])::extensions.vector limit 100) found", TestEngine.Cancel));

        var said = await database.AskAsync(new(IdentityKind.ServiceRole, Way.Sql), new() { Key = "1" });
        var coverage = await database.Engine.CoverageAsync();
        var run = await database.Engine.BackfillAsync(await database.Engine.AcceptedAsync(new(RunKind.Backfill, "stories") { Scope = [CoverageState.Invalid] }));

        Assert.Contains("holds a vector that is unusable", said.Steps[^1].Sentence, StringComparison.Ordinal);
        Assert.Equal(1, coverage.States[CoverageState.Invalid]);
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written), (await database.Engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
    }

    // What the settings say of such a column: RefusedTablesTests.B31; what a comparison leaves out: NeighboursTests.
    [Fact]
    public async Task A_column_without_a_size_takes_vectors_that_cannot_be_compared()
    {
        await database.BeginAsync("alter table stories alter column embedding type extensions.vector; update stories set embedding = '[1,2,3]' where id = 1; update stories set embedding = '[1,2]' where id = 2");

        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.SqlAsync("select a.embedding operator(extensions.<=>) b.embedding from stories a, stories b where a.id = 1 and b.id = 2"));

        Assert.Equal(("22000", ErrorCodes.VectorWithoutSize), (refused.SqlState, (await database.AskAsync(Identity.Connection)).Code));
    }

    [Fact]
    public async Task More_than_2000_dimensions_have_an_index_as_halfvec_only_and_are_compared_as_they_were_rounded()
    {
        await database.BeginAsync("grant select, update on stories to writer; alter table stories alter column embedding type extensions.vector(3072)");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.SqlAsync("create index on stories using hnsw (embedding extensions.vector_cosine_ops)"));
        Assert.Contains("more than 2000 dimensions", refused.MessageText, StringComparison.Ordinal);

        await database.SqlAsync("alter table stories alter column embedding type extensions.halfvec(3072); create index on stories using hnsw (embedding extensions.halfvec_cosine_ops)");
        var said = await database.AskAsync(Identity.Connection);

        Assert.True(said.Writes, said.Sentence);
        Assert.Contains(said.Steps.Single(step => step.Suspect == Suspect.Shape).Details, line => line.Contains("(hnsw) on the vector", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_index_gives_40_rows_at_most_and_so_many_are_never_asked_for()
    {
        await database.BeginAsync("insert into stories (id, title, embedding) select n, 't', array(select random() from generate_series(1, 24) where n > 0)::real[]::extensions.vector from generate_series(100, 199) n; create index on stories using hnsw (embedding extensions.vector_cosine_ops)");

        Assert.Equal(40, await database.Engine.Database.ScalarAsync<long>("set enable_seqscan = off; select count(*) from (select from stories order by embedding operator(extensions.<=>) array_fill(1, array[24])::extensions.vector limit 60) found", TestEngine.Cancel));
        Assert.InRange(Neighbours.Most, 1, 40);
        Assert.Equal(Neighbours.Most, (await database.Engine.Services.GetRequiredService<Neighbours>().FindAsync(await database.Engine.TargetAsync(), "100", TestEngine.Cancel)).Rows.Count);
    }

    // That a key which was typed twice is one row: ScopeTests.Scopes_combine.
    [Fact]
    public async Task Of_one_key_that_comes_twice_one_value_wins_and_nobody_says_which()
    {
        await database.BeginAsync("select 1");

        Assert.Equal(1, await database.ActAsync(Identity.ServiceKey, "reset role; update stories t set likes = v.n from (values (1, 10), (1, 20)) v(id, n) where t.id = v.id"));
        var run = await database.Engine.BackfillAsync(new(RunKind.Backfill, "stories") { Keys = ["1", "1"] });
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written), (await database.Engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
    }

    // What a run makes of it: LockTests.A_text_that_is_edited_while_the_write_waits and BackfillTests.A_row_that_is_edited_between.
    [Theory]
    [InlineData("read committed", 0, null)]
    [InlineData("repeatable read", null, "40001")]
    public async Task An_update_that_waits_for_an_edit_of_the_text_changes_nothing_or_is_refused(string isolation, int? rows, string? state)
    {
        await database.BeginAsync("select 1");
        await using var app = await database.Engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using var editing = await app.BeginTransactionAsync(TestEngine.Cancel);
        await using (var edit = new NpgsqlCommand("update stories set title = 'edited' where id = 1", app))
            await edit.ExecuteNonQueryAsync(TestEngine.Cancel);
        await using var writer = await database.Engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using (var begin = new NpgsqlCommand($"begin isolation level {isolation}", writer))
            await begin.ExecuteNonQueryAsync(TestEngine.Cancel);
        await using var write = new NpgsqlCommand("update stories set embedding = array_fill(1, array[24])::extensions.vector where id = 1 and title = 'title 1'", writer);
        int? changed = null;
        var writing = Record.ExceptionAsync(async () => changed = await write.ExecuteNonQueryAsync(TestEngine.Cancel));
        await database.Engine.UntilSqlAsync($"select exists (select from pg_stat_activity where pid = {writer.ProcessID} and wait_event_type = 'Lock')");

        await editing.CommitAsync(TestEngine.Cancel);
        var refused = await writing as PostgresException;

        Assert.Equal((rows, state), (changed, refused?.SqlState));
        await using var end = new NpgsqlCommand("rollback", writer);
        await end.ExecuteNonQueryAsync(TestEngine.Cancel);
    }
}
