using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Coverage;

public sealed class HistoryTests(AssemblyStack stack)
{
    [Fact]
    public async Task After_each_run_what_it_left_behind_is_kept_with_its_number()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);
        var first = await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Limit = 10 });
        var second = await engine.BackfillAsync();
        var verify = await engine.VerifyAsync();
        await engine.Database.ExecuteAsync("update stories set title = 'edited' where id = 1; update stories set embedding = null where id = 2", TestEngine.Cancel);
        await History(engine).TakeAllAsync(TestEngine.Cancel);

        var kept = await History(engine).ReadAsync(engine.Table, null, TestEngine.Cancel);

        Assert.Equal([(first.Id, 10L), (second.Id, 30L), (verify.Id, 30L), (null, 29L)], kept.Select(snapshot => (snapshot.Run, snapshot.Embedded)));
        Assert.Equal((1L, 1L, 28L, 30L), (kept[^1].States[CoverageState.Missing], kept[^1].States[CoverageState.StaleText], kept[^1].States[CoverageState.Fresh], kept[^1].Total));
        Assert.Equal(29d / 30, kept[^1].Share);
        Assert.Equal(second.Id, (await History(engine).AfterLastRunAsync(engine.Table, TestEngine.Cancel))!.Run);
        Assert.Equal(kept.OrderBy(snapshot => snapshot.At), kept);
        Assert.Equal(kept.Skip(1).Select(snapshot => snapshot.At), (await History(engine).ReadAsync(engine.Table, kept[2].At.AddTicks(-10), TestEngine.Cancel)).Select(snapshot => snapshot.At));
    }

    [Fact]
    public async Task Old_snapshots_are_thinned_to_the_last_of_each_day_and_then_of_each_week()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        var column = await engine.StampBook.ColumnAsync(engine.Table.ColumnName, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(
            $"""
            insert into embedding_admin.coverage_snapshot (vector_column, at, total, embedded)
            select {column}, t, 3, 0 from generate_series(date_trunc('hour', now()) - interval '800 days', date_trunc('hour', now()) - interval '1 hour', interval '6 hours') t
            """, TestEngine.Cancel);

        await History(engine).TakeAllAsync(TestEngine.Cancel);

        Assert.Equal(
            [],
            await ListAsync(engine, """
                select kept || ' ' || at from (
                  select at, case when at < now() - interval '1 year' then 'week' when at < now() - interval '7 days' then 'day' else 'hour' end as kept from embedding_admin.coverage_snapshot) s
                 where kept <> 'hour' and exists (select from embedding_admin.coverage_snapshot l where l.at > s.at and date_trunc(kept, l.at, 'UTC') = date_trunc(kept, s.at, 'UTC'))
                """));
        var weeks = await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.coverage_snapshot where at < now() - interval '1 year'", TestEngine.Cancel);
        var days = await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.coverage_snapshot where at between now() - interval '1 year' and now() - interval '8 days'", TestEngine.Cancel);
        var hours = await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.coverage_snapshot where at > now() - interval '6 days'", TestEngine.Cancel);
        Assert.InRange(weeks, 62, 65);
        Assert.InRange(days, 355, 359);
        Assert.InRange(hours, 24, 26);
    }

    [Fact]
    public async Task An_instance_that_drives_runs_asks_the_scheduler_for_every_hour_once()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await engine.HostAsync();
        await engine.HostAsync();

        await engine.UntilSqlAsync("select count(*) = 1 and min(t.next_fire_time) % 3600000 = 0 from embedding_admin.qrtz_triggers t where t.trigger_group = 'coverage'");
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.qrtz_cron_triggers where trigger_group = 'coverage' and cron_expression = '0 0 * * * ?'", TestEngine.Cancel));
    }

    [Fact]
    public async Task The_hourly_job_keeps_a_snapshot_of_every_table()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);

        await ActivatorUtilities.CreateInstance<CoverageJob>(engine.Services).Execute(null!, TestEngine.Cancel);

        var kept = Assert.Single(await History(engine).ReadAsync(engine.Table, null, TestEngine.Cancel));
        Assert.Equal((null, 3L, 0L), (kept.Run, kept.Total, kept.Embedded));
    }

    [Fact]
    public async Task Rows_are_counted_by_the_month_in_which_they_were_made_and_the_oldest_that_is_missing_is_named()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 6);
        await engine.Database.ExecuteAsync("alter table stories add created_at timestamptz", TestEngine.Cancel);
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Keys = ["1", "2", "4"] });
        await engine.Database.ExecuteAsync(
            """
            update stories set created_at = case when id <= 3 then timestamptz '2025-12-31 23:59:59+00' + id * interval '1 microsecond' when id <= 5 then timestamptz '2026-01-01 00:00:00+00' end;
            insert into stories (title, created_at) values ('', '2019-01-01')
            """, TestEngine.Cancel);

        var ages = await engine.Services.GetRequiredService<CoverageAges>().ReadAsync(engine.Table, TestEngine.Cancel);

        Assert.Equal([(new DateOnly(2019, 1, 1), 1L, 0L), (new DateOnly(2025, 12, 1), 3L, 2L), (new DateOnly(2026, 1, 1), 2L, 1L), (null, 1L, 0L)], ages.Months.Select(month => (month.Month, month.Rows, month.Embedded)));
        // The one without text is older, and is not missing.
        Assert.Equal(new DateTimeOffset(2025, 12, 31, 23, 59, 59, TimeSpan.Zero).AddTicks(30), ages.OldestMissing);
        Assert.Equal(("created_at", null), (ages.Column, ages.Why));
    }

    [Fact]
    public async Task A_table_that_does_not_say_when_its_rows_were_made_says_what_to_set()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);

        var ages = await engine.Services.GetRequiredService<CoverageAges>().ReadAsync(engine.Table, TestEngine.Cancel);

        Assert.Equal((null, "No column says when a row of stories was made. Name one as CreatedAt in its entry under Tables."), (ages.Column, ages.Why));
    }

    private static CoverageHistory History(TestEngine engine) => engine.Services.GetRequiredService<CoverageHistory>();

    private static async Task<List<string>> ListAsync(TestEngine engine, string sql)
    {
        await using var command = engine.Database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        var list = new List<string>();
        while (await reader.ReadAsync(TestEngine.Cancel))
            list.Add(reader.GetString(0));
        return list;
    }
}
