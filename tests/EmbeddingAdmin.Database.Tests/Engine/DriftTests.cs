using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>A run stops on whatever is not as it was planned any more, before it writes another page.</summary>
public sealed class DriftTests(AssemblyStack stack)
{
    private const string OtherRecipe =
        "insert into embedding_admin.recipe (vector_column, version, template, identity, actor) select vector_column, 2, '{title}', repeat('b', 64), 'Ada' from embedding_admin.recipe";

    public static TheoryData<string, string> Changes => new()
    {
        { "alter table stories alter column embedding type extensions.vector(32) using null", "the vector column embedding of the type vector(24), and its type is vector(32) now." },
        { "alter table stories alter column embedding type extensions.halfvec(24)", "the vector column embedding of the type vector(24), and its type is halfvec(24) now." },
        { "alter table stories drop column embedding; alter table stories add column embedding extensions.vector(24)", "The vector column embedding that the run was planned for was dropped, and another bears its name now." },
        { "alter table stories rename column embedding to vec", "the vector column embedding, which is not there any more." },
        { "alter table stories drop constraint stories_pkey; alter table stories add primary key (id, title)", "a table whose primary key is id, and it is id, title now." },
        { "alter table stories alter column id drop identity; alter table stories alter column id type text using id::text", "the key column id of the type int8, and its type is text now." },
        { "create table other (like stories including all); drop table stories; alter table other rename to stories", "The table public.stories that the run was planned for was dropped or renamed, and another bears its name now." },
        { "drop table stories", "the table public.stories, which is not there any more." },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_run_that_is_taken_after_the_table_changed_is_paused_and_sends_nothing(string change, string sentence)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        var asked = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(change, TestEngine.Cancel);

        var run = (await engine.Services.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!;

        AssertDrifted(run, sentence);
        Assert.Equal(0, engine.Provider.Counts.Calls);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_run_whose_table_changes_under_it_is_paused_before_the_next_page_is_written(string change, string sentence) =>
        AssertDrifted(await ChangeInMidRunAsync(change), sentence);

    [Fact]
    public async Task Another_recipe_that_is_chosen_in_mid_run_stops_the_run() =>
        AssertDrifted(await ChangeInMidRunAsync(OtherRecipe), "Another text recipe was chosen for the column");

    [Fact]
    public async Task A_copy_that_is_put_in_the_place_of_the_database_in_mid_run_is_not_written_to()
    {
        var run = await ChangeInMidRunAsync(PutCopyInPlaceAsync);

        Assert.Equal((RunStatus.Paused, ErrorCodes.ServerChanged), (run.Status, run.ReasonCode));
        Assert.Contains("another database, or one that was dropped and made again", run.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tables:0:Text", "{title}", "the text recipe of stories")]
    [InlineData("Embeddings:Model", "text-embedding-3-large", "the model text-embedding-3-small, and the settings name text-embedding-3-large now.")]
    [InlineData("Embeddings:Endpoint", "http://localhost:9/v1", ", and the settings name openai at localhost:9 now.")]
    [InlineData("Embeddings:Provider", "local", ", and the settings name local at in this process now.")]
    [InlineData("Tables:0:Filter", "genre=eq.none", "all rows of public.stories, and the settings name the rows genre=eq.none now.")]
    [InlineData("Tables:0:Name", "tales", "The settings name no table stories any more.")]
    public async Task Settings_that_are_not_those_of_the_plan_pause_the_run_and_resume_goes_on_with_the_old_ones(string setting, string value, string sentence)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        var asked = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await using (var changed = engine.Another(null, (setting, value)))
        {
            var paused = (await changed.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!;
            Assert.Equal(RunStatus.Paused, paused.Status);
            Assert.Equal(setting == "Tables:0:Name" ? ErrorCodes.TableUnknown : ErrorCodes.RunDrift, paused.ReasonCode);
            Assert.Contains(sentence, paused.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(0, engine.Provider.Counts.Calls);
        Assert.True((await engine.Control.AskAsync(asked.Id, RunAction.Resume, RunStatus.Paused, TestEngine.Operator, TestEngine.Cancel)).Done);
        Assert.Equal(Verdict.Verified, (await engine.Services.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!.Verdict);
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task A_fail_over_pauses_the_run_and_resume_confirms_the_server()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        var asked = await engine.Control.StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(
            "update embedding_admin.run set server = (select system_identifier from pg_control_system()) || '/' || (select oid from pg_database where datname = current_database()) || '/0000000A'", TestEngine.Cancel);

        var paused = (await engine.Services.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!;

        Assert.Equal((RunStatus.Paused, ErrorCodes.ServerChanged), (paused.Status, paused.ReasonCode));
        Assert.Contains("the same server after a fail-over or a restore to an earlier moment (timeline 10 then, 1 now)", paused.Reason, StringComparison.Ordinal);
        Assert.Equal(0, engine.Provider.Counts.Calls);
        Assert.True((await engine.Control.AskAsync(asked.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel)).Done);
        Assert.Equal(Verdict.Verified, (await engine.Services.GetRunner().RunAsync(asked.Id, TestEngine.Cancel))!.Verdict);
    }

    [Fact]
    public async Task A_copy_of_the_database_is_another_one()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        engine.Provider.Script.FailEvery = 1;
        engine.Provider.Script.Failure = new(401, """{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","code":"invalid_api_key"}}""");
        var run = await engine.BackfillAsync();
        await engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        engine.Provider.Script.FailEvery = 0;
        var copy = $"{engine.Database.Name}_copy";
        await using var admin = new NpgsqlConnection(stack.Postgres.AdminConnectionString);
        await admin.OpenAsync(TestEngine.Cancel);
        engine.Services.GetRequiredService<NpgsqlDataSource>().Clear();
        engine.Database.DataSource.Clear();
        await using (var make = new NpgsqlCommand($"create database {copy} template {engine.Database.Name}", admin))
            await make.ExecuteNonQueryAsync(TestEngine.Cancel);

        await using (var moved = engine.Another(new NpgsqlConnectionStringBuilder(engine.Database.ConnectionString) { Database = copy }.ConnectionString))
        {
            var paused = (await moved.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;
            Assert.Equal((RunStatus.Paused, ErrorCodes.ServerChanged), (paused.Status, paused.ReasonCode));
            Assert.Contains("another database, or one that was dropped and made again", paused.Reason, StringComparison.Ordinal);
        }

        await using var drop = new NpgsqlCommand($"drop database {copy} with (force)", admin);
        await drop.ExecuteNonQueryAsync(TestEngine.Cancel);
    }

    /// <summary>Changes something while the provider has all pages in hand, lets it answer, and returns the run when it stands still.</summary>
    private Task<Run> ChangeInMidRunAsync(string change) => ChangeInMidRunAsync(engine => engine.Database.ExecuteAsync(change, TestEngine.Cancel));

    private async Task<Run> ChangeInMidRunAsync(Func<TestEngine, Task> change)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        engine.Provider.Script.Hang = true;
        var (asked, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var driving = engine.Services.GetRunner().RunAsync(asked, lease, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.InFlight == 2, TestEngine.Cancel);
        await change(engine);
        engine.Provider.Script.Hang = false;

        var run = await driving;
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select (select count(*) from embedding_admin.batch) + (select count(*) from embedding_admin.stamp)", TestEngine.Cancel));
        return run;
    }

    /// <summary>As a restore does: whoever connects again finds the same name, the same run and its lease.</summary>
    private async Task PutCopyInPlaceAsync(TestEngine engine)
    {
        var name = engine.Database.Name;
        await using var admin = new NpgsqlConnection(stack.Postgres.AdminConnectionString);
        await admin.OpenAsync(TestEngine.Cancel);
        await ExecuteAsync($"alter database {name} allow_connections false");
        await ExecuteAsync($"select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{name}'");
        await ExecuteAsync($"create database {name}_copy template {name}");
        await using (var swap = await admin.BeginTransactionAsync(TestEngine.Cancel))
        {
            await ExecuteAsync($"alter database {name} rename to {name}_before");
            await ExecuteAsync($"alter database {name}_copy rename to {name}");
            await swap.CommitAsync(TestEngine.Cancel);
        }

        await ExecuteAsync($"drop database {name}_before");
        engine.Services.GetRequiredService<NpgsqlDataSource>().Clear();
        engine.Database.DataSource.Clear();
        // The worker has renewed its lease in the copy, or need not yet.
        await engine.UntilSqlAsync("select until > clock_timestamp() + interval '5 s' from embedding_admin.run_lease");

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, admin);
            await command.ExecuteNonQueryAsync(TestEngine.Cancel);
        }
    }

    private static void AssertDrifted(Run run, string sentence)
    {
        Assert.Equal((RunStatus.Paused, ErrorCodes.RunDrift), (run.Status, run.ReasonCode));
        Assert.Contains(sentence, run.Reason, StringComparison.Ordinal);
        Assert.EndsWith("Nothing more was written; what was written before stays. Put it back and resume, or cancel this run and start a new one.", run.Reason, StringComparison.Ordinal);
    }
}
