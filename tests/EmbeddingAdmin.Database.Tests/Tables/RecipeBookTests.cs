using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Tables;

public sealed class RecipeBookTests(AssemblyStack stack)
{
    private static readonly Actor Ada = new("Ada", "dashboard");
    private static readonly Actor Bob = new("Bob", "dashboard");

    [Fact]
    public async Task A_changed_recipe_is_a_new_version_and_the_old_one_keeps_its_number_when_it_comes_back()
    {
        await using var engine = await StartAsync();
        var catalog = engine.Services.GetRequiredService<TableCatalog>();

        Assert.Equal(1, await UseAsync(catalog, "{title}", Ada));
        Assert.Equal(2, await UseAsync(catalog, "{title}\n{content}", Bob));
        Assert.Equal(2, await UseAsync(catalog, "\n{title}\n\n{content}\n", Ada));
        Assert.Equal(1, await UseAsync(catalog, "{title}", Bob));
        Assert.Equal(3, await UseAsync(catalog, "Title: {title}", Ada));

        var versions = await catalog.Recipes.VersionsAsync(catalog.Tables[0].ColumnName, TestEngine.Cancel);
        Assert.Equal([(3, "Title: {title}", "Ada"), (1, "{title}", "Bob"), (2, "{title}\n{content}", "Bob")], versions.Select(version => (version.Version!.Value, version.Template, version.Actor!)));
        Assert.Equal(
            ["Ada: Version 1", "Bob: Version 2", "Bob: Version 1", "Ada: Version 3"],
            await SentencesAsync(engine));
        var inForce = (await catalog.ResolveAsync(catalog.Tables[0], TestEngine.Cancel)).Recipe;
        Assert.Equal((RecipeOrigin.Confirmed, 3), (inForce.Origin, inForce.Version!.Value));
    }

    [Fact]
    public async Task Many_who_confirm_at_once_get_a_number_each()
    {
        await using var engine = await StartAsync();
        var catalog = engine.Services.GetRequiredService<TableCatalog>();
        var targets = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => catalog.ResolveAsync(catalog.Tables[0], $"Try {n}: {{title}}", TestEngine.Cancel)));
        // Whoever confirms holds the column's row: everybody waits for this one, and goes on at the same moment.
        await using (var connection = await engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel))
        await using (var transaction = await connection.BeginTransactionAsync(TestEngine.Cancel))
        {
            await using (var hold = new Npgsql.NpgsqlCommand("insert into embedding_admin.vector_column (name) values ('public.stories.embedding')", connection, transaction))
                await hold.ExecuteNonQueryAsync(TestEngine.Cancel);
            var all = targets.Select(target => catalog.Recipes.UseAsync(target, Ada, TestEngine.Cancel)).ToList();
            while (await engine.Database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", TestEngine.Cancel) < 8)
                await Task.Yield();
            await transaction.CommitAsync(TestEngine.Cancel);

            Assert.Equal(Enumerable.Range(1, 8), (await Task.WhenAll(all)).Order());
        }

        Assert.Equal(8, (await SentencesAsync(engine)).Count);
    }

    [Fact]
    public async Task A_run_carries_the_version_that_it_began_with_and_a_recipe_of_the_settings_becomes_one_by_being_used()
    {
        await using var engine = await StartAsync(("Tables:0:Text", "{title}"));
        var target = await engine.TargetAsync();
        Assert.Equal((RecipeOrigin.Settings, null), (target.Recipe.Origin, target.Recipe.Version));

        var run = await engine.BackfillAsync();

        Assert.Equal((1, target.Text.Recipe), (run.Plan.RecipeVersion!.Value, run.Plan.Recipe));
        Assert.Equal(["tester: Version 1"], await SentencesAsync(engine));
        Assert.Equal(1, (await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!.Plan.RecipeVersion);

        await using var later = engine.Another(settings: ("Tables:0:Text", "{title}\n{content}"));
        var second = await later.GetRequiredService<RunControl>().StartAsync(new(RunKind.Backfill, "stories"), Ada, TestEngine.Cancel);
        Assert.Equal(2, second.Plan.RecipeVersion);
        Assert.Equal((RecipeOrigin.Settings, 1), ((await engine.TargetAsync()).Recipe.Origin, (await engine.TargetAsync()).Recipe.Version!.Value));
        Assert.Equal(["tester: Version 1", "Ada: Version 2"], await SentencesAsync(engine));
    }

    [Fact]
    public async Task A_confirmed_recipe_that_changes_puts_the_rows_that_were_made_with_the_old_one_out_of_date()
    {
        await using var engine = await StartAsync();
        var catalog = engine.Services.GetRequiredService<TableCatalog>();
        var preview = engine.Services.GetRequiredService<RecipePreview>();
        await UseAsync(catalog, "{title}", Ada);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set embedding = null where id = 1", TestEngine.Cancel);

        Assert.Equal(19, await preview.MadeWithAsync(await engine.TargetAsync(), TestEngine.Cancel));
        await UseAsync(catalog, "{content}", Ada);

        Assert.Equal(0, await preview.MadeWithAsync(await engine.TargetAsync(), TestEngine.Cancel));
        var coverage = await engine.CoverageAsync();
        Assert.Equal((19, 0, 1), (coverage.States[CoverageState.StaleConfig], coverage.States[CoverageState.Fresh], coverage.States[CoverageState.Missing]));
        await engine.BackfillAsync(new(RunKind.Backfill, "stories") { Scope = CoverageStates.Mendable });
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_stored_recipe_whose_column_went_is_refused_and_nothing_is_started()
    {
        await using var engine = await StartAsync();
        await UseAsync(engine.Services.GetRequiredService<TableCatalog>(), "{title}\n{genre}", Ada);
        await engine.Database.ExecuteAsync("alter table stories drop column genre", TestEngine.Cancel);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.BackfillAsync());

        Assert.Equal(ErrorCodes.RecipeColumn, refused.Code);
        Assert.Equal(0, engine.Provider.Counts.Calls);
    }

    private Task<TestEngine> StartAsync(params (string Key, string Value)[] settings) =>
        TestEngine.StartAsync(stack.Postgres, 20, [("Tables:0:Text", ""), .. settings]);

    private static async Task<int> UseAsync(TableCatalog catalog, string recipe, Actor actor) =>
        await catalog.Recipes.UseAsync(await catalog.ResolveAsync(catalog.Tables[0], recipe, TestEngine.Cancel), actor, TestEngine.Cancel);

    private static async Task<IReadOnlyList<string>> SentencesAsync(TestEngine engine)
    {
        await using var command = engine.Database.DataSource.CreateCommand("select actor || ': ' || substring(details ->> 'sentence' from '^Version \\d+') from embedding_admin.event where kind = 'recipe.version' order by id");
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        var sentences = new List<string>();
        while (await reader.ReadAsync(TestEngine.Cancel))
            sentences.Add(reader.GetString(0));
        return sentences;
    }
}
