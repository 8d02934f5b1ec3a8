using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class CoverageTests(AssemblyStack stack)
{
    [Fact]
    public async Task Every_row_is_in_exactly_one_state_and_the_states_are_what_was_made_of_them()
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
            """, TestEngine.Cancel);

        var coverage = await engine.CoverageAsync();

        Assert.Equal((42L, 37L, true), (coverage.Total, coverage.Embedded, coverage.Exact));
        Assert.Equal(
            new Dictionary<CoverageState, long?>
            {
                [CoverageState.EmptySource] = 2, [CoverageState.Missing] = 3, [CoverageState.Invalid] = 1, [CoverageState.Unstamped] = 1,
                [CoverageState.StaleConfig] = 1, [CoverageState.StaleText] = 2, [CoverageState.Fresh] = 32,
            },
            coverage.States);
        Assert.Equal(37d / 40, coverage.Share);
    }

    [Fact]
    public async Task A_run_over_what_is_out_of_date_mends_it_and_leaves_the_fresh_rows_alone()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 40);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set title = 'edited' where id in (1, 2); update stories set embedding = null where id = 3", TestEngine.Cancel);
        var before = engine.Provider.Counts.Texts;

        var run = await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Scope = CoverageStates.Mendable });

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (run.Status, run.Verdict, run.Reason));
        Assert.Equal(3, engine.Provider.Counts.Texts - before);
        Assert.Equal(40, (await engine.CoverageAsync()).States[CoverageState.Fresh]);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task No_rows_are_never_100_percent()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);

        var coverage = await engine.CoverageAsync();

        Assert.Equal((0L, null), (coverage.Total, coverage.Share));
    }

    [Fact]
    public async Task The_preview_shows_rows_and_a_text_exactly_as_it_will_be_sent()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 25);
        await engine.Database.ExecuteAsync("insert into stories (title) values ('')", TestEngine.Cancel);

        var preview = await engine.Control.PreviewAsync(new(RunKind.Backfill, "stories"), TestEngine.Cancel);

        Assert.Equal((26L, 25L), (preview.Rows, preview.RowsWithText));
        Assert.Equal(0, engine.Provider.Counts.Calls);
        await engine.BackfillAsync();
        Assert.Equal(1, engine.Provider.Counts.Seen(preview.SampleText!));
    }

    [Fact]
    public async Task Who_can_write_is_measured_on_the_database_and_through_the_api_with_each_key()
    {
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Demo, TestEngine.Cancel);
        var (url, anonKey, serviceKey) = await stack.Postgres.StartApiAsync(database, TestEngine.Cancel);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Add(new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>(EmbeddingAdmin.Local.DemoTables.Settings, StringComparer.Ordinal)
            {
                ["ConnectionStrings:Postgres"] = database.ConnectionString, ["Supabase:Url"] = url, ["Supabase:AnonKey"] = anonKey, ["Supabase:ServiceKey"] = serviceKey,
            },
        }).Build());
        await using var built = services.BuildServiceProvider();
        await Migrations.ApplyAsync(built.GetRequiredService<Npgsql.NpgsqlDataSource>(), TestEngine.Cancel);

        foreach (var table in built.GetRequiredService<TableCatalog>().Tables)
        {
            var matrix = await built.GetRequiredService<AccessProbe>().MeasureAsync(table, new(), TestEngine.Cancel);
            Assert.Equal(
                [AccessAnswer.Yes, AccessAnswer.Yes, AccessAnswer.Yes, AccessAnswer.SilentlyNo, AccessAnswer.SilentlyNo],
                new[] { Identity.Connection, Identity.Find("serviceRole-sql")!, Identity.ServiceKey, Identity.Find("anon-sql")!, Identity.AnonymousKey }.Select(who => matrix[who, AccessQuestion.Sticks].Answer));
            Assert.True(matrix.AllCan);
            Assert.DoesNotContain(matrix.Cells, cell => (cell.Sentence + cell.Evidence).Contains(serviceKey[10..], StringComparison.Ordinal));
            Assert.Equal(0, await database.ScalarAsync<long>($"select count({table.Vector}) from {table.Table}", TestEngine.Cancel));

            var bug = await built.GetRequiredService<OriginalBug>().ShowAsync(table, TestEngine.Cancel);
            Assert.Equal((204, "*/*", true), (bug.Status, bug.ContentRange, bug.Unchanged));
        }
    }

    [Fact]
    public async Task A_service_key_that_is_not_set_is_named_where_it_would_be_needed()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3, ("Supabase:Url", "http://127.0.0.1:1"));

        var matrix = await engine.Services.GetRequiredService<AccessProbe>().MeasureAsync(engine.Table, new(), TestEngine.Cancel);

        var service = matrix[Identity.ServiceKey, AccessQuestion.Sticks];
        Assert.Equal((AccessAnswer.NotMeasured, "EA-CFG-01"), (service.Answer, service.Code));
        Assert.Equal("No Supabase service key is set (Supabase:ServiceKey or SUPABASE_SERVICE_ROLE_KEY).", service.Sentence);
    }
}
