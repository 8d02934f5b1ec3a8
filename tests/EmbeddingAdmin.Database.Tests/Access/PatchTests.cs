using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>What the real API answers to an update, by headers and body: what a script takes for success, and what it was. After each, the cure.</summary>
public sealed class PatchTests(ApiStack stack) : IClassFixture<ApiStack>
{
    private const string Vector = """{"embedding":"[4,5,6]"}""";
    private const string OneObject = "one object, ";

    /// <summary>Who · path · one object?, preferences · body · status · range · verdict · rows · code.</summary>
    public static TheoryData<string, string, string, string, int, string, ApiVerdict, long?, string?> Updates => new()
    {
        // Row-level security lets the anonymous key change nothing.
        { "anon", "stories?id=eq.1", "", Vector, 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "anon", "stories?id=eq.1", "return=minimal", Vector, 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "anon", "stories?id=eq.1", "return=minimal,count=exact", Vector, 204, "*/0", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "anon", "stories?id=eq.1", "return=representation", Vector, 200, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "anon", "stories?id=eq.1", "handling=strict,max-affected=1", Vector, 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "anon", "stories?id=eq.1", $"{OneObject}return=representation", Vector, 406, "", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        // To have one object asked for without a representation tells nothing here; PostgREST answers 406.
        { "anon", "stories?id=eq.1", $"{OneObject}return=minimal", Vector, 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },

        // A row that is not there looks the same.
        { "service", "stories?id=eq.99", "", Vector, 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "service", "stories?id=eq.99", "return=minimal,count=exact", Vector, 204, "*/0", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "service", "stories?id=eq.99", "return=representation", Vector, 200, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "service", "stories?id=eq.99", "handling=strict,max-affected=1", Vector, 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "service", "stories?id=eq.99", $"{OneObject}return=representation", Vector, 406, "", ApiVerdict.Nothing, 0, "EA-RLS-01" },

        // And so it looks when the row is changed.
        { "service", "stories?id=eq.1", "", Vector, 204, "0-0/*", ApiVerdict.Changed, 1, null },
        { "service", "stories?id=eq.1", "return=minimal", Vector, 204, "0-0/*", ApiVerdict.Changed, 1, null },
        { "service", "stories?id=eq.1", "return=minimal,count=exact", Vector, 204, "*/1", ApiVerdict.Changed, 1, null },
        { "service", "stories?id=eq.1", "return=representation", Vector, 200, "0-0/*", ApiVerdict.Changed, 1, null },
        { "service", "stories?id=eq.1", "handling=strict,max-affected=1", Vector, 204, "0-0/*", ApiVerdict.Changed, 1, null },
        { "service", "stories?id=eq.1", $"{OneObject}return=representation", Vector, 200, "0-0/*", ApiVerdict.Changed, 1, null },

        // Upper bounds hold only when they are asked for strictly, and one object is one.
        { "service", "stories?id=in.(1,2)", "handling=strict,max-affected=1", Vector, 400, "", ApiVerdict.TooMany, null, "EA-API-11" },
        { "service", "stories?id=eq.1", "handling=lenient,max-affected=0", Vector, 204, "0-0/*", ApiVerdict.Changed, 1, null },
        { "service", "stories?id=eq.1", "tx=rollback", Vector, 204, "0-0/*", ApiVerdict.Changed, 1, null },
        // A limit bounds nothing.
        { "service", "stories?limit=1", "return=representation", Vector, 200, "0-2/*", ApiVerdict.Changed, 3, null },

        // Nothing to do is success for everybody.
        { "service", "stories?id=eq.1", "", "{}", 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        { "anon", "stories?id=eq.1", "", "{}", 204, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01" },
        // PostgREST takes these for nothing to do as well.
        { "service", "stories?id=eq.1", "", "[]", 400, "", ApiVerdict.DatabaseError, null, "EA-DB-08" },
        { "service", "stories?id=eq.1", "", "[{}]", 400, "", ApiVerdict.DatabaseError, null, "EA-DB-08" },

        { "service", "stories?id=eq.1", "", """{"embeding":"[4,5,6]"}""", 400, "", ApiVerdict.UnknownColumn, null, "EA-API-05" },
        { "service", "storys?id=eq.1", "", Vector, 404, "", ApiVerdict.UnknownTable, null, "EA-API-05" },
        { "service", "stories?id=eq.1", "", """{"embedding":"[4,5]"}""", 400, "", ApiVerdict.VectorRefused, null, "EA-PRV-10" },
    };

    /// <summary>What is done to the table · who · status · code in the body · verdict · code · the cure.</summary>
    public static TheoryData<string, string, int, string, ApiVerdict, string, string> Refusals => new()
    {
        { "revoke update on stories from anon", "anon", 401, "42501", ApiVerdict.NoGrant, "EA-RLS-02", "grant update (embedding) on stories to anon; create policy cured on stories for update to anon using (true)" },
        { "revoke all on stories from service_role", "service", 403, "42501", ApiVerdict.NoGrant, "EA-RLS-02", "grant select (id, embedding), update (embedding) on stories to service_role" },
        { "create policy closed on stories for update to anon using (true) with check (false)", "anon", 401, "42501", ApiVerdict.RefusedByPolicy, "EA-RLS-01", "alter policy closed on stories with check (true)" },
        { "create policy endless on stories for update to anon using (exists (select from stories)); create policy seen on stories for select to anon using (exists (select from stories))", "anon", 500, "42P17", ApiVerdict.RefusedByPolicy, "EA-RLS-01", "drop policy seen on stories" },
        { Raises("55P03"), "service", 500, "55P03", ApiVerdict.Busy, "EA-API-06", Calm },
        { Raises("25006"), "service", 405, "25006", ApiVerdict.ReadOnly, "EA-DB-06", Calm },
        { Raises("53100"), "service", 500, "53100", ApiVerdict.Full, "EA-DB-07", Calm },
        { Raises("53300"), "service", 500, "53300", ApiVerdict.Busy, "EA-API-06", Calm },
        { Raises("PT409"), "service", 409, "PT409", ApiVerdict.DatabaseError, "EA-DB-08", Calm },
        { Raises("P0001"), "service", 500, "SUP", ApiVerdict.Failed, "EA-DB-08", Calm },
    };

    private const string Calm = "drop trigger raises on stories";

    [Theory]
    [MemberData(nameof(Updates))]
    public async Task An_update_is_judged_by_what_it_counts_and_not_by_its_status(string who, string path, string prefer, string body, int status, string range, ApiVerdict verdict, long? rows, string? code)
    {
        await stack.ResetAsync();
        var before = await stack.RowsAsync();
        var singular = prefer.StartsWith(OneObject, StringComparison.Ordinal);
        prefer = singular ? prefer[OneObject.Length..] : prefer;

        var (answer, meaning) = await stack.SendAsync(new(HttpMethod.Patch, path, Access(who)) { Body = body, Singular = singular, Prefer = prefer.Length > 0 ? prefer : null });

        Assert.Equal((status, range, verdict, rows, code), (answer.Status, answer.ContentRange, meaning.Verdict, meaning.Rows, meaning.Code));
        Assert.Equal(verdict == ApiVerdict.Changed, before != await stack.RowsAsync());
        Assert.Contains(verdict == ApiVerdict.Changed ? "only reading it again tells" : "Nothing was written.", meaning.Sentence, StringComparison.Ordinal);
        await stack.Database.ExecuteAsync("create policy cured on stories for update to anon using (true)", ApiStack.Cancel);
        await stack.CanAsync(Identity.ServiceKey);
        await stack.CanAsync(Identity.AnonymousKey);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_is_judged_by_the_code_in_its_body_and_the_cure_cures_it(string sql, string who, int status, string said, ApiVerdict verdict, string code, string cure)
    {
        await stack.ResetAsync(sql);
        var before = await stack.RowsAsync();
        var identity = who == "anon" ? Identity.AnonymousKey : Identity.ServiceKey;
        var request = new ApiRequest(HttpMethod.Patch, "stories?id=eq.1", Access(who)) { Body = Vector };

        var (answer, meaning) = await stack.SendAsync(request);
        var changes = (await stack.TryAsync(identity, new() { MayFire = true }))[1];

        Assert.Equal((status, said, verdict, code), (answer.Status, answer.Code, meaning.Verdict, meaning.Code));
        Assert.Contains("Nothing was written.", meaning.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("cat sat", $"{meaning} {answer}", StringComparison.Ordinal);
        Assert.Equal((meaning.IsRefusal ? AccessAnswer.No : AccessAnswer.NotMeasured, code), (changes.Answer, changes.Code));
        Assert.Equal(before, await stack.RowsAsync());
        await stack.Database.ExecuteAsync(cure, ApiStack.Cancel);
        await stack.CanAsync(identity);
    }

    /// <summary>PostgREST rolls it back. That is nothing to rely on: no request of ours can match two rows.</summary>
    [Fact]
    public async Task One_object_of_two_rows_is_refused_and_may_have_been_written_all_the_same()
    {
        await stack.ResetAsync();

        var (answer, meaning) = await stack.SendAsync(new(HttpMethod.Patch, "stories?id=in.(1,2)", stack.Service) { Body = Vector, Singular = true, Prefer = "return=representation" });

        Assert.Equal((406, "PGRST116", ApiVerdict.TooMany, "EA-API-11"), (answer.Status, answer.Code, meaning.Verdict, meaning.Code));
        Assert.Equal("The request was for one row and matched 2. Whether it was rolled back, the answer does not say. Look at the rows over the database connection, and name one by its key.", meaning.Sentence);
        Assert.Equal(2, await stack.Database.ScalarAsync<long>("select count(*) from stories where embedding::text = '[4,5,6]'", ApiStack.Cancel));
    }

    [Fact]
    public async Task A_schema_that_the_API_does_not_offer_is_named()
    {
        var (answer, meaning) = await stack.SendAsync(new(HttpMethod.Patch, "stories?id=eq.1", stack.Service) { Body = Vector, Schema = "hidden" });

        Assert.Equal((406, "PGRST106", ApiVerdict.SchemaNotExposed, "EA-API-05"), (answer.Status, answer.Code, meaning.Verdict, meaning.Code));
        Assert.Contains("does not offer the schema hidden. Nothing was written. Add it", meaning.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", ApiVerdict.KeyMissing, "EA-API-03")]
    [InlineData("sb_secret_abcdefghijklmnopqrstuv_12345678", ApiVerdict.KeyRefused, "EA-API-02")]
    [InlineData("sb_publishable_abcdefghijklmnopqrstuv_12345678", ApiVerdict.KeyRefused, "EA-API-02")]
    public async Task A_key_that_the_API_does_not_know_is_refused_whatever_it_looks_like(string key, ApiVerdict verdict, string code)
    {
        await stack.ResetAsync();
        var before = await stack.RowsAsync();

        var (answer, meaning) = await stack.SendAsync(new(HttpMethod.Patch, "stories?id=eq.1", new(stack.Url, key)) { Body = Vector });

        Assert.Equal((401, verdict, code), (answer.Status, meaning.Verdict, meaning.Code));
        Assert.Equal(before, await stack.RowsAsync());
        await stack.CanAsync(Identity.ServiceKey);
    }

    [Fact]
    public async Task A_statement_that_took_too_long_was_rolled_back()
    {
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Empty, ApiStack.Cancel);
        await database.ExecuteAsync(
            $"""
            create table stories (id bigint primary key, embedding extensions.vector(3));
            insert into stories values (1, null);
            create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(600); return new; end';
            create trigger slow before update on stories for each row execute function slow();
            alter database {database.Name} set statement_timeout = '5s';
            """, ApiStack.Cancel);
        var (url, _, key) = await stack.Postgres.StartApiAsync(database, ApiStack.Cancel);
        await using var services = stack.Open(url, key);
        var request = new ApiRequest(HttpMethod.Patch, "stories?id=eq.1", new(url, key)) { Body = Vector };

        var answer = await services.GetRequiredService<SupabaseApi>().SendAsync(request, ApiStack.Cancel);
        var meaning = ApiMeaning.Of(request, answer);

        Assert.Equal((500, "SUP", ApiVerdict.TimedOut, "EA-API-06"), (answer.Status, answer.Code, meaning.Verdict, meaning.Code));
        Assert.Contains("was rolled back. Nothing was written.", meaning.Sentence, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from stories where embedding is null", ApiStack.Cancel));
    }

    private static string Raises(string state) =>
        $"create or replace function raises() returns trigger language plpgsql as 'begin raise exception ''not %'', new.title using errcode = ''{state}''; end'; create trigger raises before update on stories for each row execute function raises()";

    private ApiAccess Access(string who) => who == "anon" ? stack.Anonymous : stack.Service;
}
