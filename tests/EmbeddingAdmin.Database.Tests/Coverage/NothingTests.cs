using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Coverage;

/// <summary>Nothing is not nothing: an empty table, one that this role does not see, and one of which the filter leaves nothing.</summary>
public sealed class NothingTests(AssemblyStack stack)
{
    private const string Role = "sees_nothing";

    [Fact]
    public async Task An_emptied_table_has_no_rows_whatever_the_catalog_still_says()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 50);
        await engine.Database.ExecuteAsync("analyze stories; delete from stories", TestEngine.Cancel);

        var coverage = await engine.CoverageAsync();

        Assert.Equal((0L, 50d, false, false, null), (coverage.Total, coverage.CatalogRows, coverage.RowsHidden, coverage.FilteredOut, coverage.Share));
    }

    [Fact]
    public async Task Rows_that_a_policy_hides_are_not_an_empty_table_and_leave_no_snapshot()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 50);
        await using var services = await AsAsync(engine, "create policy part on stories for select using (false)");

        var coverage = await ReadAsync(services);

        Assert.Equal((0L, 50d, true, null), (coverage.Total, coverage.CatalogRows, coverage.RowsHidden, coverage.Share));
        Assert.All(CoverageStates.InOrder, state => Assert.Null(coverage[state]));
        await services.GetRequiredService<CoverageHistory>().TakeAllAsync(TestEngine.Cancel);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.coverage_snapshot", TestEngine.Cancel));
    }

    [Fact]
    public async Task Of_a_table_that_is_seen_in_part_no_figure_is_given()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 50);
        await using var services = await AsAsync(engine, "create policy part on stories for select using (id < 10)");

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => ReadAsync(services));

        Assert.Equal(ErrorCodes.RowSecurity, refused.Code);
    }

    [Fact]
    public async Task Nor_is_what_is_visible_of_it_taken_for_the_whole_at_first_sight()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 50);
        await engine.Database.ExecuteAsync("create index on stories (id) where embedding is null", TestEngine.Cancel);
        await using var services = await AsAsync(engine, "create policy part on stories for select using (id < 10)", ("Coverage:ExamineAtOnceUpTo", "1"));

        Assert.Null(await services.GetRequiredService<CoverageGlance>().ReadAsync(services.GetRequiredService<TableCatalog>().Tables[0], TestEngine.Cancel));
    }

    [Fact]
    public async Task A_filter_that_leaves_no_row_is_said()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5, ("Tables:0:Filter", "likes=gt.100"));
        Assert.Equal((0L, true, null), (await engine.CoverageAsync() is var filtered ? filtered.Total : 0, filtered.FilteredOut, filtered.Share));

        await engine.Database.ExecuteAsync("delete from stories", TestEngine.Cancel);

        Assert.False((await engine.CoverageAsync()).FilteredOut);
    }

    private static async Task<ServiceProvider> AsAsync(TestEngine engine, string policy, params (string, string)[] settings)
    {
        await engine.Database.ExecuteAsync(
            $"""
            analyze stories; alter table stories enable row level security; {policy};
            do $$ begin create role {Role} login password 'nothing'; exception when duplicate_object then null; end $$;
            grant usage on schema public, extensions, embedding_admin to {Role}; grant select on stories to {Role}; grant all on all tables in schema embedding_admin to {Role}
            """, TestEngine.Cancel);
        return engine.Another(new NpgsqlConnectionStringBuilder(engine.Database.ConnectionString) { Username = Role, Password = "nothing" }.ConnectionString, settings);
    }

    private static Task<TableCoverage> ReadAsync(ServiceProvider services) =>
        services.GetRequiredService<CoverageReader>().ReadAsync(services.GetRequiredService<TableCatalog>().Tables[0], TimeSpan.Zero, TestEngine.Cancel);
}
