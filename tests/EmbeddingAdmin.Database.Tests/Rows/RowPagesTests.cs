using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Time;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class RowPagesTests(AssemblyStack stack)
{
    public static TheoryData<string, string> Keys => RowShapes.Keys;

    [Theory, MemberData(nameof(Keys))]
    public async Task Pages_go_forwards_and_backwards_over_every_row_once_in_the_keys_order(string type, string key)
    {
        var (engine, services) = await RowShapes.StartAsync(stack.Postgres, type, key);
        await using var both = (engine, services).Own();
        var target = await services.TargetAsync();
        var pages = services.GetRequiredService<RowPages>();
        var ordered = await engine.OrderedAsync();

        var first = await pages.ReadAsync(target, new(), TestEngine.Cancel);
        var second = await pages.ReadAsync(target, new() { After = first.After }, TestEngine.Cancel);
        var third = await pages.ReadAsync(target, new() { After = second.After }, TestEngine.Cancel);
        Assert.Equal((null, 50, 50, 30, null), (first.Before, first.Rows.Count, second.Rows.Count, third.Rows.Count, third.After));
        Assert.Equal(ordered, [.. first.Rows.Concat(second.Rows).Concat(third.Rows).Select(row => row.Key)]);

        var back = await pages.ReadAsync(target, new() { Before = third.Before }, TestEngine.Cancel);
        Assert.Equal(second.Rows, back.Rows);
        Assert.Equal((second.Before, second.After), (back.Before, back.After));
        var home = await pages.ReadAsync(target, new() { Before = back.Before }, TestEngine.Cancel);
        Assert.Equal(first.Rows, home.Rows);
        Assert.Equal((null, first.After), (home.Before, home.After));
        // In front of the tenth key there are nine: the whole first page says more.
        Assert.Equal(first.Rows, (await pages.ReadAsync(target, new() { Before = ordered[9] }, TestEngine.Cancel)).Rows);
        // An address that somebody typed.
        Assert.Equal(first.Rows, (await pages.ReadAsync(target, new() { After = "\0" }, TestEngine.Cancel)).Rows);
    }

    [Theory, MemberData(nameof(Keys))]
    public async Task A_row_is_found_by_its_exact_key_and_whatever_is_none_is_no_such_row(string type, string key)
    {
        var (engine, services) = await RowShapes.StartAsync(stack.Postgres, type, key);
        await using var both = (engine, services).Own();
        var target = await services.TargetAsync();
        var pages = services.GetRequiredService<RowPages>();
        foreach (var known in (await engine.OrderedAsync()).Take(10))
        {
            Assert.Equal(known, Assert.Single((await pages.FindAsync(target, known, TestEngine.Cancel)).Rows).Key);
            Assert.Equal(known, (await services.GetRequiredService<RowInspector>().ReadAsync(target, known, TestEngine.Cancel))!.Key);
        }

        foreach (var none in (string[])["", "x", "' or true --", "1e3", "99999999999999999999", "\0", "\ud800", "{00000000-0000-0000-0000-000000000000}", Guid.Empty.ToString(), "١٢"])
        {
            Assert.Empty((await pages.FindAsync(target, none, TestEngine.Cancel)).Rows);
            Assert.Null(await services.GetRequiredService<RowInspector>().ReadAsync(target, none, TestEngine.Cancel));
        }
    }

    [Fact]
    public async Task A_list_shows_the_beginning_of_the_text_the_state_and_when_it_was_embedded()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 40);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync(
            """
            update stories set title = 'edited' where id in (1, 2);
            delete from embedding_admin.stamp where row_key = '3';
            update stories set embedding = (select array_agg(0)::extensions.vector from generate_series(1, 24)) where id = 4;
            update stories set embedding = null where id in (5, 6, 7);
            insert into stories (title) values (' '), (null);
            with other as (insert into embedding_admin.made_from (provider, host, model, dimensions, recipe) values ('openai', 'h', 'older', 24, 'r') returning id)
              update embedding_admin.stamp set made_from = other.id from other where row_key = '8';
            update stories set title = repeat('🦊', 200) where id = 9
            """, TestEngine.Cancel);
        var (target, pages) = (await engine.TargetAsync(), engine.Services.GetRequiredService<RowPages>());

        var all = (await pages.ReadAsync(target, new(), TestEngine.Cancel)).Rows;
        Assert.Equal(42, all.Count);
        var nine = all.Single(row => row.Key == "9");
        Assert.Equal((string.Concat(Enumerable.Repeat("🦊", 80)), true), (nine.Start, nine.IsCut));
        Assert.All(all.Where(row => row.State is CoverageState.Fresh), row => Assert.NotNull(row.EmbeddedAt));
        Assert.Null(all.Single(row => row.Key == "3").EmbeddedAt);

        var coverage = await engine.CoverageAsync();
        foreach (var state in CoverageStates.InOrder)
        {
            var some = await pages.ReadAsync(target, new() { State = state }, TestEngine.Cancel);
            Assert.Equal(coverage.States[state], some.Rows.Count);
            Assert.Equal(all.Where(row => row.State == state), some.Rows);
            Assert.Equal((42L, null, null), (some.Looked, some.StoppedAt, some.After));
        }
    }

    [Fact]
    public async Task A_search_by_state_gives_up_for_its_time_and_goes_on_from_there()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        await engine.Database.ExecuteAsync(
            $"""
            insert into stories (title, embedding) select 't' || n, case when n not in (4500, 4999) then array_fill(0.1, array[{TestEngine.Dimensions}])::extensions.vector end from generate_series(1, 5000) n
            """, TestEngine.Cancel);
        var target = await engine.TargetAsync();
        var pages = new RowPages(engine.Services.GetRequiredService<NpgsqlDataSource>(), engine.Services.GetRequiredService<StampBook>(), new HastyClock());

        var page = await pages.ReadAsync(target, new() { State = CoverageState.Missing }, TestEngine.Cancel);
        Assert.Equal((0, 2000L, "2000", "2000", null), (page.Rows.Count, page.Looked, page.StoppedAt, page.After, page.Before));
        page = await pages.ReadAsync(target, new() { State = CoverageState.Missing, After = page.After }, TestEngine.Cancel);
        Assert.Equal((0, "4000"), (page.Rows.Count, page.StoppedAt));
        page = await pages.ReadAsync(target, new() { State = CoverageState.Missing, After = page.After }, TestEngine.Cancel);
        Assert.Equal(["4500", "4999"], page.Rows.Select(row => row.Key));
        Assert.Equal((1000L, null, null, "4500"), (page.Looked, page.StoppedAt, page.After, page.Before));

        page = await pages.ReadAsync(target, new() { State = CoverageState.Missing, Before = "4500" }, TestEngine.Cancel);
        Assert.Equal((0, 2000L, "2500", "2500", "4500"), (page.Rows.Count, page.Looked, page.StoppedAt, page.Before, page.After));

        // One who has the time is not sent away.
        var unhurried = new RowPages(engine.Services.GetRequiredService<NpgsqlDataSource>(), engine.Services.GetRequiredService<StampBook>(), new FakeClock());
        var patient = await unhurried.ReadAsync(target, new() { State = CoverageState.Missing, Rows = 1 }, TestEngine.Cancel);
        Assert.Equal(("4500", "4500", null), (Assert.Single(patient.Rows).Key, patient.After, patient.StoppedAt));
    }

    [Fact]
    public async Task The_tables_filter_holds_for_the_list_the_search_and_the_random_row()
    {
        var (engine, services) = await RowShapes.StartAsync(stack.Postgres, "int", "n", 130, ("Tables:0:Filter", "kind=eq.even&The key=gt.100"));
        await using var both = (engine, services).Own();
        var target = await services.TargetAsync();
        var even = Enumerable.Range(101, 30).Where(n => n % 2 == 0).Select(n => $"{n}").ToList();

        Assert.Equal(even, (await services.GetRequiredService<RowPages>().ReadAsync(target, new(), TestEngine.Cancel)).Rows.Select(row => row.Key));
        Assert.Empty((await services.GetRequiredService<RowPages>().FindAsync(target, "101", TestEngine.Cancel)).Rows);
        Assert.False((await services.GetRequiredService<RowInspector>().ReadAsync(target, "101", TestEngine.Cancel))!.Counts);
        for (var n = 0; n < 20; n++)
            Assert.Contains((await services.GetRequiredService<RandomRow>().PickAsync(target, null, TestEngine.Cancel))!, even);
    }

    [Fact]
    public async Task The_last_page_costs_what_the_first_does()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        await engine.Database.ExecuteAsync("insert into stories (title) select 't' || n from generate_series(1, 40000) n; analyze stories", TestEngine.Cancel);
        var target = await engine.TargetAsync();
        var (column, madeFrom) = await engine.Services.GetRequiredService<StampBook>().CurrentAsync(target, TestEngine.Cancel);
        foreach (var back in new[] { false, true })
        {
            var walk = new RowPages.Walk(target, null, 50, back, column, madeFrom);
            var plans = new List<string>();
            foreach (var key in new[] { "100", "39900" })
                plans.Add(await PlanAsync(engine, walk.Sql(walk.Behind(key, "$3")), column, madeFrom, key));
            Assert.All(plans, plan => Assert.Contains("Index Scan", plan, StringComparison.Ordinal));
            Assert.All(plans, plan => Assert.Contains("stories_pkey", plan, StringComparison.Ordinal));
            Assert.All(plans, plan => Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal));
            Assert.All(plans, plan => Assert.DoesNotContain("Seq Scan on stories", plan, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_role_that_row_level_security_filters_is_told_so()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        await engine.Database.ExecuteAsync(
            """
            do $$ begin if not exists (select from pg_roles where rolname = 'row_reader') then create role row_reader login password 'row_reader'; end if; end $$;
            grant usage on schema public, extensions, embedding_admin to row_reader;
            grant all on all tables in schema public, embedding_admin to row_reader;
            grant all on all sequences in schema embedding_admin to row_reader;
            alter table stories enable row level security
            """, TestEngine.Cancel);
        await using var filtered = engine.Another(new NpgsqlConnectionStringBuilder(engine.Database.ConnectionString) { Username = "row_reader", Password = "row_reader" }.ConnectionString);
        var target = await filtered.TargetAsync();
        Func<Task>[] reads =
        [
            () => filtered.GetRequiredService<RowPages>().ReadAsync(target, new(), TestEngine.Cancel),
            () => filtered.GetRequiredService<RowPages>().FindAsync(target, "1", TestEngine.Cancel),
            () => filtered.GetRequiredService<RandomRow>().PickAsync(target, null, TestEngine.Cancel),
            () => filtered.GetRequiredService<RowInspector>().ReadAsync(target, "1", TestEngine.Cancel),
            () => filtered.GetRequiredService<Neighbours>().FindAsync(target, "1", TestEngine.Cancel),
            () => filtered.GetRequiredService<Neighbours>().FindAsync(target, new float[TestEngine.Dimensions].Select((_, n) => n + 1f).ToArray(), TestEngine.Cancel),
            () => filtered.GetRequiredService<MeaningSearch>().SearchAsync(target, "text", TestEngine.Operator, TestEngine.Cancel),
            () => filtered.GetRequiredService<SpotCheck>().FirstAsync(target, new(SampleOrder.Longest), TestEngine.Cancel),
            () => filtered.GetRequiredService<SpotCheck>().NextAsync(target, SampleWalk.ByKey, "1", TestEngine.Cancel),
            () => filtered.GetRequiredService<RowEmbedder>().EmbedAsync("stories", "1", TestEngine.Operator, TestEngine.Cancel),
        ];
        foreach (var read in reads)
            Assert.Equal(ErrorCodes.RowSecurity, (await Assert.ThrowsAsync<EmbeddingAdminException>(read)).Code);
    }

    private static async Task<string> PlanAsync(TestEngine engine, string sql, params object[] values)
    {
        await using var command = engine.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand($"explain {sql}");
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        while (await reader.ReadAsync(TestEngine.Cancel))
            lines.Add(reader.GetString(0));
        return string.Join('\n', lines);
    }

    /// <summary>A clock for which four seconds go by at every look.</summary>
    private sealed class HastyClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += TimeSpan.FromSeconds(4).Ticks;
    }
}
