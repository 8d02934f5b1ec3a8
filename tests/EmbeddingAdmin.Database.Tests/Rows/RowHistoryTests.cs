using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class RowHistoryTests(AssemblyStack stack)
{
    public static TheoryData<string, string> Keys => RowShapes.Keys;

    [Fact]
    public async Task A_row_that_failed_was_written_and_was_found_out_of_date_tells_all_three_the_newest_first()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        await engine.Database.ExecuteAsync("update stories set content = 'poison' where id = 3", TestEngine.Cancel);
        engine.Provider.Script.Refuse(text => text.Contains("poison", StringComparison.Ordinal), new ScriptedAnswer(400, """{"error":{"message":"No such text","type":"invalid_request_error"}}"""));
        var first = await engine.BackfillAsync();
        engine.Provider.Script.TakeAll();
        var second = await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set title = 'edited' where id = 3", TestEngine.Cancel);
        var third = await engine.VerifyAsync();

        var past = await ReadAsync(engine.Services, "3");

        Assert.Equal(
            [(third.Id, RunKind.Verify, RowOutcome.Changed), (second.Id, RunKind.Backfill, RowOutcome.Written), (first.Id, RunKind.Backfill, RowOutcome.Failed)],
            past.Deeds.Select(deed => (deed.Run, deed.Kind!.Value, deed.Outcome)));
        Assert.Equal(past.Deeds.OrderByDescending(deed => deed.At), past.Deeds);
        Assert.All(past.Deeds, deed => Assert.Equal("tester", deed.Actor));
        Assert.Equal(("provider", "400"), (past.Deeds[2].Stage, past.Deeds[2].Code));
        Assert.NotNull(past.Deeds[2].Message);
        Assert.Equal((null, 1, null), (past.Deeds[0].Page, past.Deeds[1].Page, past.Deeds[2].Page));
        Assert.False(past.IsCut);
        // Of a row that was only written, the one writing.
        Assert.Equal([(first.Id, RowOutcome.Written)], (await ReadAsync(engine.Services, "1")).Deeds.Select(deed => (deed.Run, deed.Outcome)));
    }

    [Fact]
    public async Task A_row_that_no_run_touched_has_no_past_and_neither_has_a_key_that_none_can_have()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Keys = ["1"] });
        foreach (var key in (string[])["2", "77", "malformed", "\0"])
            Assert.Equal((0, false, null), ((await ReadAsync(engine.Services, key)).Deeds.Count, (await ReadAsync(engine.Services, key)).IsCut, (await ReadAsync(engine.Services, key)).Why));
    }

    [Theory, MemberData(nameof(Keys))]
    public async Task It_is_this_rows_and_this_columns_whatever_the_key_is(string type, string key)
    {
        var (engine, services) = await RowShapes.StartAsync(stack.Postgres, type, key, 10);
        await using var both = (engine, services).Own();
        var keys = await engine.OrderedAsync();
        var target = await services.TargetAsync();
        var own = await services.GetRequiredService<StampBook>().ColumnAsync(target.ColumnName, TestEngine.Cancel);
        var other = await services.GetRequiredService<StampBook>().ColumnAsync("another.table.column", TestEngine.Cancel);
        var (here, there) = (await PlantAsync(engine, own, 1), await PlantAsync(engine, other, 1));
        foreach (var run in (long[])[.. here, .. there])
        {
            await using var command = engine.Database.DataSource.CreateCommand("insert into embedding_admin.row_result (run, row_key, outcome, message, attempt) select $1, k, 'blocked', 'for ' || k, 1 from unnest($2) k");
            command.Parameters.Add(new() { Value = run });
            command.Parameters.Add(new() { Value = keys.ToArray() });
            await command.ExecuteNonQueryAsync(TestEngine.Cancel);
        }

        foreach (var row in keys)
        {
            var deed = Assert.Single((await ReadAsync(services, row)).Deeds);
            Assert.Equal((here[0], RowOutcome.Blocked, $"for {row}"), (deed.Run, deed.Outcome, deed.Message));
        }
    }

    [Fact]
    public async Task Of_many_runs_the_newest_fifty_are_told_and_that_there_are_more()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 2);
        var runs = await PlantAsync(engine, await engine.StampBook.ColumnAsync((await engine.TargetAsync()).ColumnName, TestEngine.Cancel), 60);
        await engine.Database.ExecuteAsync("insert into embedding_admin.row_result (run, row_key, outcome, attempt, at) select id, '2', 'notAttempted', 1, now() - interval '1 day' + id * interval '1 minute' from embedding_admin.run", TestEngine.Cancel);

        var past = await ReadAsync(engine.Services, "2");

        Assert.Equal(runs.Order().Reverse().Take(50), past.Deeds.Select(deed => deed.Run));
        Assert.True(past.IsCut);
    }

    [Fact]
    public async Task The_long_lists_of_runs_are_never_read_through()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);
        var column = await engine.StampBook.ColumnAsync((await engine.TargetAsync()).ColumnName, TestEngine.Cancel);
        await PlantAsync(engine, column, 20);
        await engine.Database.ExecuteAsync("insert into embedding_admin.row_result (run, row_key, outcome, attempt) select r.id, n::text, 'failed', 1 from embedding_admin.run r, generate_series(1, 2000) n; analyze embedding_admin.row_result; analyze embedding_admin.run", TestEngine.Cancel);
        await using var command = engine.Database.DataSource.CreateCommand($"explain {RowHistory.Sql}");
        command.Parameters.Add(new() { Value = column });
        command.Parameters.Add(new() { Value = "1" });
        var plan = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(TestEngine.Cancel))
        {
            while (await reader.ReadAsync(TestEngine.Cancel))
                plan.Add(reader.GetString(0));
        }

        Assert.Contains(plan, line => line.Contains("row_result_pkey", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, line => line.Contains("Seq Scan on row_result", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_whose_record_is_gone_is_told_without_it()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("delete from embedding_admin.run", TestEngine.Cancel);
        var deed = Assert.Single((await ReadAsync(engine.Services, "1")).Deeds);
        Assert.Equal((1L, null, null, RowOutcome.Written), (deed.Run, deed.Kind, deed.Actor, deed.Outcome));
    }

    [Fact]
    public async Task A_database_that_is_too_slow_is_not_waited_for()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync(
            "alter table embedding_admin.row_result rename to behind; create view embedding_admin.row_result as select b.* from (select pg_sleep(9)) s left join embedding_admin.behind b on true", TestEngine.Cancel);
        var past = await ReadAsync(engine.Services, "1");
        Assert.Empty(past.Deeds);
        Assert.Contains("took longer than 5 s", past.Why, StringComparison.Ordinal);
    }

    private static async Task<RowPast> ReadAsync(IServiceProvider services, string key) =>
        await services.GetRequiredService<RowHistory>().ReadAsync(await services.TargetAsync(), key, TestEngine.Cancel);

    private static async Task<long[]> PlantAsync(TestEngine engine, int column, int runs)
    {
        await using var command = engine.Database.DataSource.CreateCommand(
            """
            with made as (insert into embedding_admin.run (kind, target, vector_column, status, actor, plan) select 'backfill', 'stories', $1, 'succeeded', 'Ada', '{}' from generate_series(1, $2) returning id)
            select array_agg(id order by id) from made
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = column });
        command.Parameters.Add(new NpgsqlParameter { Value = runs });
        return (long[])(await command.ExecuteScalarAsync(TestEngine.Cancel))!;
    }
}
