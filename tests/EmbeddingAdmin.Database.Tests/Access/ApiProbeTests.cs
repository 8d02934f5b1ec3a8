using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Api;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Access;

public sealed class ApiProbeTests(ApiStack stack) : IClassFixture<ApiStack>
{
    private const string Function = "create or replace function f() returns trigger language plpgsql as";
    private const string AfterTheUpdate = "create trigger t after update on stories for each row execute function f()";
    private const string BeforeTheUpdate = "create trigger t before update on stories for each row execute function f()";

    private static CancellationToken Cancel => ApiStack.Cancel;

    [Fact]
    public async Task The_service_key_can_and_the_anonymous_key_is_silently_kept_from_it()
    {
        await stack.ResetAsync();
        var before = await stack.Database.ScalarAsync<string>("select string_agg(s::text, '' order by id) from stories s", Cancel);

        var service = await stack.TryAsync(Identity.ServiceKey);
        var anonymous = await stack.TryAsync(Identity.AnonymousKey, new() { Key = "1" });

        Assert.Equal([(AccessAnswer.Yes, null), (AccessAnswer.Yes, null), (AccessAnswer.Yes, null)], service.Select(cell => (cell.Answer, cell.Code)));
        Assert.Equal([(AccessAnswer.Yes, null), (AccessAnswer.SilentlyNo, "EA-RLS-01"), (AccessAnswer.SilentlyNo, "EA-RLS-01")], anonymous.Select(cell => (cell.Answer, cell.Code)));
        Assert.Equal("Silently no: row-level security filters its updates. A script that uses it is answered with success, and nothing is written.", anonymous[1].Sentence);
        Assert.Contains("That is what it held before", service[2].Sentence, StringComparison.Ordinal);
        Assert.Equal("""PATCH /rest/v1/stories?id=eq.1&embedding=is.null&select=id; Accept: application/vnd.pgrst.object+json; Prefer: return=representation; {"embedding":null}; Content-Profile: public; apikey: … (publishable key)""", anonymous[1].Evidence.Asked);
        Assert.Equal("HTTP 406, PGRST116: Cannot coerce the result to a single JSON object", anonymous[1].Evidence.Answered);
        Assert.Equal(before, await stack.Database.ScalarAsync<string>("select string_agg(s::text, '' order by id) from stories s", Cancel));
    }

    [Fact]
    public async Task A_row_that_is_hidden_is_silently_not_seen_and_a_row_that_is_not_there_is_not_measured()
    {
        await stack.ResetAsync("drop policy readable on stories");

        Assert.Equal((AccessAnswer.SilentlyNo, "EA-RLS-01"), await AnswerAsync(Identity.AnonymousKey, AccessQuestion.Sees));
        Assert.All(await stack.TryAsync(Identity.AnonymousKey, new() { Key = "99" }), cell => Assert.Equal((AccessAnswer.NotMeasured, "The row 99 is not there, or a run is writing it."), (cell.Answer, cell.Sentence)));
    }

    [Fact]
    public async Task Where_every_row_has_a_vector_the_row_s_version_holds_the_request_to_what_was_read()
    {
        await stack.ResetAsync("update stories set embedding = '[0.1,-0.25,3e-9]'; create policy cured on stories for update to anon using (true)");

        await stack.CanAsync(Identity.ServiceKey);
        await stack.CanAsync(Identity.AnonymousKey);
    }

    [Fact]
    public async Task A_vector_that_came_between_is_not_overwritten()
    {
        await stack.ResetAsync();
        var target = await stack.TargetAsync();
        var version = (await stack.Database.ScalarAsync<string>("select xmin::text from stories where id = 2", Cancel))!;
        await stack.Database.ExecuteAsync("update stories set embedding = '[7,8,9]' where id in (1, 2)", Cancel);

        var (_, full) = await stack.SendAsync(ApiRequest.Update(target, new("2", "[1,2,3]", version), "[1,2,3]", stack.Service));
        var (_, empty) = await stack.SendAsync(ApiRequest.Update(target, new("1", null, version), null, stack.Service));

        Assert.Equal((ApiVerdict.Nothing, ApiVerdict.Nothing), (full.Verdict, empty.Verdict));
        Assert.Equal(2, await stack.Database.ScalarAsync<long>("select count(*) from stories where embedding::text = '[7,8,9]'", Cancel));
    }

    [Fact]
    public async Task A_role_with_grants_on_columns_is_measured_where_those_hold_the_request_to_what_was_read_and_nowhere_else()
    {
        await stack.ResetAsync("revoke all on stories from anon; grant select (id, embedding), update (embedding) on stories to anon; create policy cured on stories for update to anon using (true)");
        await stack.CanAsync(Identity.AnonymousKey);
        await NotMeasuredAsync("2");
        await stack.Database.ExecuteAsync("revoke select (embedding) on stories from anon", Cancel);
        await NotMeasuredAsync("1");

        async Task NotMeasuredAsync(string row)
        {
            var before = await stack.RowsAsync();
            var cells = await stack.TryAsync(Identity.AnonymousKey, new() { Key = row });
            Assert.Equal([AccessAnswer.Yes, AccessAnswer.NotMeasured, AccessAnswer.NotMeasured], cells.Select(cell => cell.Answer));
            Assert.Contains("a newer vector might have been overwritten. By SQL, as anon,", cells[1].Sentence, StringComparison.Ordinal);
            Assert.Equal(before, await stack.RowsAsync());
        }
    }

    [Theory]
    [InlineData($"{Function} 'begin return new; end'; {BeforeTheUpdate}", "the trigger t.")]
    [InlineData("create rule r as on update to stories do also select 1", "the rule r.")]
    [InlineData("create publication p for table stories", "the publication p.")]
    [InlineData("create publication p for tables in schema public", "the publication p.")]
    [InlineData($"{Function} 'begin return new; end'; {BeforeTheUpdate}; create trigger u before update on stories for each row execute function f(); create publication p for table stories", "the triggers t, u and the publication p.")]
    public async Task What_an_update_would_set_off_is_named_and_not_set_off_unless_somebody_agrees(string sql, string named)
    {
        await stack.ResetAsync(sql);
        var before = await stack.RowsAsync();

        var cells = await stack.TryAsync(Identity.ServiceKey);

        Assert.Equal([AccessAnswer.Yes, AccessAnswer.NotMeasured, AccessAnswer.NotMeasured], cells.Select(cell => cell.Answer));
        Assert.Contains($"would set off {named} None was sent.", cells[1].Sentence, StringComparison.Ordinal);
        Assert.Equal(before, await stack.RowsAsync());
        if (sql.Contains("rule", StringComparison.Ordinal))
            return;
        Assert.All(await stack.TryAsync(Identity.ServiceKey, new() { MayFire = true }), cell => Assert.Equal(AccessAnswer.Yes, cell.Answer));
        Assert.NotEqual(before, await stack.RowsAsync());
    }

    [Theory]
    [InlineData($"{Function} 'begin return null; end'; {BeforeTheUpdate}", AccessAnswer.SilentlyNo, "something on the table takes its updates away")]
    [InlineData("create rule r as on update to stories where old.id = 2 do instead nothing", AccessAnswer.NotMeasured, "EA-DB-08")]
    [InlineData($"{Function} 'begin update stories set embedding = null where id = new.id and embedding is not null; return null; end'; {AfterTheUpdate}", AccessAnswer.Yes, "")]
    public async Task A_value_that_something_on_the_table_takes_away_does_not_stick_whoever_wrote_it(string sql, AccessAnswer changes, string telling)
    {
        await stack.ResetAsync(sql);

        var cells = await stack.TryAsync(Identity.ServiceKey, new() { MayFire = true, Key = "2" });

        Assert.Equal(changes, cells[1].Answer);
        Assert.Contains(telling, $"{cells[1]}", StringComparison.Ordinal);
        if (changes != AccessAnswer.NotMeasured)
            Assert.Equal((AccessAnswer.SilentlyNo, "EA-RLS-03"), (cells[2].Answer, cells[2].Code));
    }

    [Fact]
    public async Task What_is_not_configured_is_named_and_an_API_that_is_away_is_said_to_be()
    {
        await stack.ResetAsync();
        await using var none = stack.Open(null);
        await using var noAddress = stack.Open(null, stack.ServiceKey, stack.AnonKey);
        await using var away = stack.Open("http://127.0.0.1:1", stack.ServiceKey, stack.AnonKey);

        await SaysAsync(none, Identity.ServiceKey, "EA-CFG-01", "No Supabase service key is set (Supabase:ServiceKey or SUPABASE_SERVICE_ROLE_KEY).");
        await SaysAsync(none, Identity.AnonymousKey, null, "No anonymous key is set (Supabase:AnonKey or SUPABASE_ANON_KEY).");
        await SaysAsync(noAddress, Identity.ServiceKey, null, "No project address is set (Supabase:Url or SUPABASE_URL).");
        await SaysAsync(away, Identity.AnonymousKey, "EA-API-01", "The API does not answer: nobody listens there, or there is no way to it. Nothing was read. Check that it is up, and Supabase:Url.");

        async Task SaysAsync(ServiceProvider services, Identity who, string? code, string sentence) =>
            Assert.All(await stack.TryAsync(services, who), cell => Assert.Equal((AccessAnswer.NotMeasured, code, sentence), (cell.Answer, cell.Code, cell.Sentence)));
    }

    [Fact]
    public async Task Rows_that_never_hold_still_are_not_measured()
    {
        await stack.ResetAsync();
        await using var restless = await ScriptedApi.StartAsync(Cancel);
        restless.Answer = async request =>
        {
            if (request.Method == "GET")
                return new(200, """[{"id":1}]""");
            await stack.Database.ExecuteAsync("update stories set title = title", CancellationToken.None);
            return new(406, """{"code":"PGRST116","details":"The result contains 0 rows","message":"Cannot coerce the result to a single JSON object"}""");
        };
        await using var services = stack.Open(restless.Url, stack.ServiceKey);

        var cells = await stack.TryAsync(services, Identity.ServiceKey);

        Assert.All(cells, cell => Assert.Equal((AccessAnswer.NotMeasured, "The rows changed while they were being measured; measure again."), (cell.Answer, cell.Sentence)));
        Assert.Equal(3, restless.Requests.Count(request => request.Method == "PATCH"));
    }

    [Fact]
    public async Task A_row_that_a_run_may_be_writing_is_not_used()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3, ("Supabase:Url", stack.Url), ("Supabase:ServiceKey", stack.ServiceKey));
        await engine.Database.ExecuteAsync("update stories set embedding = (select array_agg(1)::extensions.vector from generate_series(1, 24)) where id = 1", Cancel);
        await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, Cancel);

        var cells = await engine.Services.GetRequiredService<ApiProbe>().TryAsync(await engine.TargetAsync(), Identity.ServiceKey, new() { Key = "1" }, Cancel);

        Assert.All(cells, cell => Assert.Equal((AccessAnswer.NotMeasured, "The row 1 is not there, or a run is writing it."), (cell.Answer, cell.Sentence)));
    }

    [Fact]
    public async Task The_row_is_looked_for_with_what_the_connection_s_own_role_may_see()
    {
        var role = $"looker_{stack.Database.Name}";
        await stack.ResetAsync($"create role {role} login password 'looks'; grant usage on schema public, extensions to {role}");
        try
        {
            var settings = stack.Settings(stack.Url, stack.ServiceKey, null);
            settings["ConnectionStrings:Postgres"] = new NpgsqlConnectionStringBuilder(stack.Database.ConnectionString) { Username = role, Password = "looks", Pooling = false }.ConnectionString;
            await using var services = ApiStack.Open(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());

            Assert.All(await TryAsync(), cell => Assert.Equal((AccessAnswer.NotMeasured, "The connection's own role may not read the table, so that there is no row to try it on. Postgres says 42501: permission denied for table stories."), (cell.Answer, cell.Sentence)));
            await stack.Database.ExecuteAsync($"grant select on stories to {role}", Cancel);
            Assert.All(await TryAsync(), cell => Assert.Equal((AccessAnswer.NotMeasured, "The connection's role sees no row to try it on, or a run is writing them."), (cell.Answer, cell.Sentence)));
            await stack.Database.ExecuteAsync($"create policy looks on stories for select to {role} using (id = 2)", Cancel);
            var cells = await TryAsync();
            Assert.All(cells, cell => Assert.Equal(AccessAnswer.Yes, cell.Answer));
            Assert.Contains("stories?id=eq.2&xmin=eq.", cells[1].Evidence.Asked, StringComparison.Ordinal);

            async Task<IReadOnlyList<AccessCell>> TryAsync() => await services.GetRequiredService<ApiProbe>().TryAsync(await stack.TargetAsync(), Identity.ServiceKey, new(), Cancel);
        }
        finally
        {
            await stack.Database.ExecuteAsync($"drop policy if exists looks on stories; drop owned by {role}; drop role {role}", CancellationToken.None);
        }
    }

    private async Task<(AccessAnswer, string?)> AnswerAsync(Identity who, AccessQuestion question) =>
        (await stack.TryAsync(who)).Where(cell => cell.Question == question).Select(cell => (cell.Answer, cell.Code)).Single();
}
