using System.Net;
using EmbeddingAdmin.Access.Api;

namespace EmbeddingAdmin.Core.Tests.Access;

/// <summary>
/// What each answer that PostgREST, its versions and Supabase's platform are known to give comes to. The answers are replayed here; those that the
/// real API of the tests gives are asked of it in the tests against databases.
/// </summary>
public sealed class ApiMeaningTests
{
    private const string Secret = "sb_secret_abcdefghijklmnopqrstuv_12345678";
    private static readonly ApiAccess Access = new("https://abcdefghijklmnopqrst.supabase.co", Secret);
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Name · status · headers · body · verdict · code · what the sentence has to say.</summary>
    public static TheoryData<string, int, string, string, ApiVerdict, string?, string> AnswersToAnUpdate => new()
    {
        { "denied, or no such row: minimal", 204, "Content-Range: */*", "", ApiVerdict.Nothing, "EA-RLS-01", "No row was changed" },
        { "denied: minimal, counted", 204, "Content-Range: */0|Preference-Applied: return=minimal, count=exact", "", ApiVerdict.Nothing, "EA-RLS-01", "Nothing was written" },
        { "denied: represented", 200, "Content-Range: */*", "[]", ApiVerdict.Nothing, "EA-RLS-01", "over the database connection" },
        { "denied: represented, and no header says how many", 200, "", "[]", ApiVerdict.Nothing, "EA-RLS-01", "No row was changed" },
        { "denied: one object asked for", 406, "", Error("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 0 rows"), ApiVerdict.Nothing, "EA-RLS-01", "No row was changed" },
        { "denied: one object asked for, 10 and 11", 406, "", Error("PGRST116", "JSON object requested, multiple (or no) rows returned", "Results contain 0 rows, application/vnd.pgrst.object+json requires 1 row"), ApiVerdict.Nothing, "EA-RLS-01", "No row was changed" },
        { "denied: one object asked for, before there were codes", 406, "", """{"details":"Results contain 0 rows, application/vnd.pgrst.object+json requires 1 row","message":"JSON object requested, multiple (or no) rows returned"}""", ApiVerdict.Nothing, "EA-RLS-01", "No row was changed" },
        { "denied: 6.0 to 10.0", 404, "Content-Range: */*", "", ApiVerdict.Nothing, "EA-RLS-01", "No row was changed" },
        { "denied: 6.0 to 10.0, represented", 404, "Content-Range: */*", "[]", ApiVerdict.Nothing, "EA-RLS-01", "No row was changed" },
        { "one row: minimal", 204, "Content-Range: 0-0/*", "", ApiVerdict.Changed, null, "One row was changed" },
        { "one row: counted", 204, "Content-Range: 0-0/1", "", ApiVerdict.Changed, null, "One row was changed" },
        { "one row: counted without a range", 204, "Content-Range: */1", "", ApiVerdict.Changed, null, "One row was changed" },
        { "one row: represented", 200, "Content-Range: 0-0/*", """[{"id":1}]""", ApiVerdict.Changed, null, "only reading it again tells" },
        { "ten rows", 204, "Content-Range: 0-9/*", "", ApiVerdict.Changed, null, "10 rows were changed" },
        { "nothing says how many", 204, "", "", ApiVerdict.Untold, null, "Look at the rows" },
        { "several where one was meant", 406, "", Error("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows"), ApiVerdict.TooMany, "EA-API-11", "matched 2. Whether it was rolled back, the answer does not say" },
        { "more than may be affected", 400, "", Error("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 2 rows"), ApiVerdict.TooMany, "EA-API-11", "rolled back" },
        { "unknown column", 400, "", Error("PGRST204", "Could not find the 'w' column of 'one' in the schema cache"), ApiVerdict.UnknownColumn, "EA-API-05", "the 'w' column" },
        { "unknown column in a condition", 400, "", Error("42703", "column one.w does not exist"), ApiVerdict.UnknownColumn, "EA-API-05", "column one.w" },
        { "unknown table", 404, "", Error("PGRST205", "Could not find the table 'public.onee' in the schema cache"), ApiVerdict.UnknownTable, "EA-API-05", "notify pgrst" },
        { "unknown table, before 12", 404, "", Error("42P01", "relation \"public.onee\" does not exist"), ApiVerdict.UnknownTable, "EA-API-05", "public.onee" },
        { "schema that is not exposed", 406, "", Error("PGRST106", "The schema must be one of the following: public"), ApiVerdict.SchemaNotExposed, "EA-API-05", "does not offer the schema public" },
        { "wrong dimensions", 400, "", Error("22000", "expected 3 dimensions, not 2"), ApiVerdict.VectorRefused, "EA-PRV-10", "Nothing was written" },
        { "no grant, anonymous", 401, "", Error("42501", "permission denied for table one"), ApiVerdict.NoGrant, "EA-RLS-02", "lacks a grant: permission denied for table one" },
        { "no grant, with a role", 403, "", Error("42501", "permission denied for table one"), ApiVerdict.NoGrant, "EA-RLS-02", "Nothing was written" },
        { "a policy's check", 403, "", Error("42501", "new row violates row-level security policy for table \"one\""), ApiVerdict.RefusedByPolicy, "EA-RLS-01", "Row-level security refuses the row" },
        { "a policy that asks its own table", 500, "", Error("42P17", "infinite recursion detected in policy for relation \"one\""), ApiVerdict.RefusedByPolicy, "EA-RLS-01", "without end" },
        { "statement timeout", 500, "", Error("57014", "canceling statement due to statement timeout"), ApiVerdict.TimedOut, "EA-API-06", "statement_timeout" },
        { "statement timeout, lite", 500, "", Error("SUP", "PostgresError: canceling statement due to statement timeout"), ApiVerdict.TimedOut, "EA-API-06", "rolled back. Nothing was written" },
        { "another fault, lite", 500, "", Error("SUP", "PostgresError: the cat sat on the mat"), ApiVerdict.Failed, "EA-DB-08", "does not say why" },
        { "serialization", 500, "", Error("40001", "could not serialize access due to concurrent update"), ApiVerdict.Busy, "EA-API-06", "40001" },
        { "deadlock", 500, "", Error("40P01", "deadlock detected"), ApiVerdict.Busy, "EA-API-06", "Nothing was written" },
        { "raised by a trigger as something else, which may quote a row", 500, "", Error("42501", "the cat sat on the mat"), ApiVerdict.NoGrant, "EA-RLS-02", "lacks a grant. Nothing" },
        { "lock timeout", 500, "", Error("55P03", "canceling statement due to lock timeout"), ApiVerdict.Busy, "EA-API-06", "Others hold the row" },
        { "out of memory", 503, "", Error("53200", "out of memory"), ApiVerdict.Busy, "EA-API-06", "busy" },
        { "read-only", 405, "", Error("25006", "cannot execute UPDATE in a read-only transaction"), ApiVerdict.ReadOnly, "EA-DB-06", "read-only" },
        { "disk full", 503, "", Error("53100", "could not extend file"), ApiVerdict.Full, "EA-DB-07", "disk is full" },
        { "too many connections", 503, "", Error("53300", "sorry, too many clients already"), ApiVerdict.Busy, "EA-API-06", "no more connections" },
        { "database going down", 503, "", Error("57P01", "terminating connection due to administrator command"), ApiVerdict.DatabaseAway, "EA-DB-01", "no connection to its database" },
        { "connection lost", 503, "", Error("08006", "connection failure"), ApiVerdict.DatabaseAway, "EA-DB-01", "08006" },
        { "no connection", 503, "Retry-After: 7", Error("PGRST000", "Could not connect with the database"), ApiVerdict.DatabaseAway, "EA-DB-01", "wait 7 s" },
        { "connection broken", 503, "", Error("PGRST001", "Database client error"), ApiVerdict.DatabaseAway, "EA-DB-01", "Try again" },
        { "no schema yet", 503, "Retry-After: Sat, 28 Nov 2026 12:00:20 GMT", Error("PGRST002", "Could not query the database for the schema cache"), ApiVerdict.DatabaseAway, "EA-DB-01", "wait 20 s" },
        { "pool exhausted", 504, "", Error("PGRST003", "Timed out acquiring connection from connection pool"), ApiVerdict.Busy, "EA-API-06", "PGRST003" },
        { "raised by a trigger, which may quote a row", 400, "", Error("P0001", "the cat sat on the mat"), ApiVerdict.DatabaseError, "EA-DB-08", "P0001" },
        { "a constraint, which quotes a row", 400, "", Error("23514", "Failing row contains (the cat sat on the mat)"), ApiVerdict.DatabaseError, "EA-DB-08", "Nothing was written" },
        { "generated column", 400, "", Error("428C9", "column \"v\" can only be updated to DEFAULT"), ApiVerdict.DatabaseError, "EA-DB-08", "428C9" },
        { "a token that is none", 401, "", Error("PGRST301", "Expected 3 parts in JWT; got 1"), ApiVerdict.KeyRefused, "EA-API-02", "Expected 3 parts" },
        { "no anonymous access", 401, "", Error("PGRST302", "Anonymous access is disabled"), ApiVerdict.KeyRefused, "EA-API-02", "API Keys" },
        { "a token that has expired", 401, "", Error("PGRST303", "JWT expired"), ApiVerdict.KeyRefused, "EA-API-02", "JWT expired" },
        { "a role that is not there", 401, "", Error("22023", "role \"service_role\" does not exist"), ApiVerdict.KeyRefused, "EA-API-02", "refuses the key" },
        { "an unknown key", 401, "", """{"message":"Invalid API key","hint":"Double check your Supabase `apikey`"}""", ApiVerdict.KeyRefused, "EA-API-02", "Invalid API key" },
        { "an answer without a word", 401, "", "", ApiVerdict.KeyRefused, "EA-API-02", "it was sent as EmbeddingAdmin/1" },
        { "a key that did not arrive", 401, "", """{"message":"No API key found in request","hint":"No `apikey` request header or url param was found."}""", ApiVerdict.KeyMissing, "EA-API-03", "takes it away" },
        { "no secret on the server", 500, "", Error("PGRST300", "Server lacks JWT secret"), ApiVerdict.ServerWithoutSecret, "EA-API-04", "PGRST300" },
        { "an unknown preference", 400, "", Error("PGRST122", "Invalid preferences given with handling=strict"), ApiVerdict.RequestRefused, "EA-API-07", "PGRST122" },
        { "a function that returns no rows", 400, "", Error("PGRST128", "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"), ApiVerdict.RequestRefused, "EA-API-07", "Nothing was written" },
        { "a quota", 402, "", """{"code":"exceeded_egress_quota","message":"Service for this project is restricted"}""", ApiVerdict.ProjectHeld, "EA-API-08", "exceeded_egress_quota" },
        { "a bill", 402, "", """{"error":"overdue_payment"}""", ApiVerdict.ProjectHeld, "EA-API-08", "Billing" },
        { "restricted, without a body", 402, "", "", ApiVerdict.ProjectHeld, "EA-API-08", "HTTP 402" },
        { "paused", 540, "", "<html><body>Project paused</body></html>", ApiVerdict.ProjectHeld, "EA-API-08", "Restore it" },
        { "containers down", 521, "", "", ApiVerdict.Away, "EA-API-01", "is not up (HTTP 521)" },
        { "bad gateway", 502, "", "<html><head><title>502 Bad Gateway</title></head></html>", ApiVerdict.Away, "EA-API-01", "502 Bad Gateway" },
        { "no connection in time", 522, "", "", ApiVerdict.Away, "EA-API-01", "not known" },
        { "no answer in time", 544, "", """{"message":"timed out"}""", ApiVerdict.Away, "EA-API-01", "40001" },
        { "too fast", 429, "", """{"message":"Too many requests"}""", ApiVerdict.Busy, "EA-API-06", "slow down" },
        { "a fault without a name", 500, "", "", ApiVerdict.Failed, "EA-API-01", "says nothing of rights" },
        { "a redirect", 308, "Location: https://elsewhere.example/rest/v1/one?apikey=hush", "", ApiVerdict.Redirected, "EA-API-09", "points to elsewhere.example" },
        { "a page", 200, "", "<!doctype html><html><head><title>Sign in</title></head></html>", ApiVerdict.NotTheApi, "EA-API-09", "Sign in" },
        { "another server", 404, "", "<h1>Not Found</h1>", ApiVerdict.NotTheApi, "EA-API-09", "Not Found" },
        { "no such path behind the gateway", 404, "", """{"message":"no Route matched with those values"}""", ApiVerdict.NotTheApi, "EA-API-09", "no Route matched" },
        { "a wall", 403, "", "<html><title>Attention Required!</title></html>", ApiVerdict.NotTheApi, "EA-API-09", "Attention Required" },
    };

    /// <summary>Name · status · headers · body · verdict · code · rows · what the sentence has to say.</summary>
    public static TheoryData<string, int, string, string, ApiVerdict, string?, long?, string> AnswersToAQuestion => new()
    {
        { "a page of what there is", 206, "Content-Range: 0-1/2500", """[{"id":1},{"id":2}]""", ApiVerdict.Read, null, 2, "2 of 2500 rows came." },
        { "a page that looks whole", 200, "Content-Range: 0-1/*", """[{"id":1},{"id":2}]""", ApiVerdict.Read, null, 2, "Whether these are all, the answer does not say." },
        { "filtered", 200, "Content-Range: */*", "[]", ApiVerdict.Nothing, "EA-RLS-01", 0, "not proof of an empty table" },
        { "filtered and counted", 200, "Content-Range: */0", "[]", ApiVerdict.Nothing, "EA-RLS-01", 0, "no error" },
        { "no grant", 401, "", Error("42501", "permission denied for table one"), ApiVerdict.NoGrant, "EA-RLS-02", null, "Nothing was read." },
        { "an empty body", 200, "", "", ApiVerdict.NotTheApi, "EA-API-09", null, "Supabase:Url" },
        { "not there, 404", 404, "", "", ApiVerdict.NotTheApi, "EA-API-09", null, "HTTP 404" },
        { "no answer in time", 504, "", "", ApiVerdict.Away, "EA-API-01", null, "Nothing was read." },
    };

    [Theory]
    [MemberData(nameof(AnswersToAnUpdate))]
    public async Task The_body_s_code_says_what_an_update_came_to_and_the_status_only_where_there_is_none(string name, int status, string headers, string body, ApiVerdict verdict, string? code, string telling)
    {
        var meaning = ApiMeaning.Of(new(HttpMethod.Patch, "one?id=eq.1", Access), await AnswerAsync(status, headers, body));

        Assert.True((verdict, code) == (meaning.Verdict, meaning.Code), $"{name}: {meaning}");
        Assert.Contains(telling, meaning.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", meaning.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("cat sat", meaning.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('<', meaning.Sentence);
    }

    [Theory]
    [MemberData(nameof(AnswersToAQuestion))]
    public async Task No_row_is_never_proof_that_there_is_none_and_a_plain_200_never_that_these_are_all(string name, int status, string headers, string body, ApiVerdict verdict, string? code, long? rows, string telling)
    {
        var meaning = ApiMeaning.Of(new(HttpMethod.Get, "one?select=id", Access), await AnswerAsync(status, headers, body));

        Assert.True((verdict, code, rows) == (meaning.Verdict, meaning.Code, meaning.Rows), $"{name}: {meaning}");
        Assert.Contains(telling, meaning.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*/*", null, 0L)]
    [InlineData("*/0", 0L, 0L)]
    [InlineData("*/1", 1L, 0L)]
    [InlineData("0-0/*", null, 1L)]
    [InlineData("0-999/2500", 2500L, 1000L)]
    [InlineData("1000-1999/2500", 2500L, 1000L)]
    [InlineData("", null, null)]
    [InlineData("bytes 0-9/10", null, null)]
    public void A_range_says_rows_and_total(string header, long? total, long? rows)
    {
        var answer = new ApiAnswer { Status = 204, ContentRange = header };
        Assert.Equal((total, rows, total ?? rows), (answer.Total, answer.InRange, answer.Changed));
    }

    [Theory]
    [InlineData("return=representation", 204, "Content-Range: 0-0/*", "", "return=representation")]
    [InlineData("return=representation", 200, "Content-Range: 0-0/*", """[{"id":1}]""", "")]
    [InlineData("return=minimal", 204, "Content-Range: 0-0/*", "", "")]
    [InlineData("return=minimal", 200, "Content-Range: 0-0/*", """[{"id":1}]""", "return=minimal")]
    [InlineData("return=minimal,count=exact", 204, "Content-Range: 0-0/*", "", "count=exact")]
    [InlineData("return=minimal,count=exact", 204, "Content-Range: */1|Preference-Applied: return=minimal, count=exact", "", "")]
    [InlineData("missing=default", 204, "Content-Range: 0-0/*|Preference-Applied: missing=default", "", "")]
    [InlineData("missing=default", 204, "Content-Range: 0-0/*", "", "missing=default")]
    [InlineData("handling=strict, max-affected=1", 204, "Content-Range: 0-0/*", "", "")]
    [InlineData("tx=rollback", 204, "Content-Range: 0-0/*", "", "")]
    public async Task A_preference_that_was_not_followed_is_noticed_unless_servers_differ_in_naming_it(string asked, int status, string headers, string body, string ignored)
    {
        var request = new ApiRequest(HttpMethod.Patch, "one?id=eq.1", Access) { Prefer = asked };
        var answer = await AnswerAsync(status, headers, body);

        Assert.Equal(ignored, string.Join(", ", answer.Ignored(request)));
        var meaning = ApiMeaning.Of(request, answer);
        Assert.Equal(ignored.Length > 0 ? (ApiVerdict.PreferenceIgnored, "EA-API-10") : (ApiVerdict.Changed, null), (meaning.Verdict, meaning.Code));
    }

    [Fact]
    public async Task No_part_of_the_key_is_ever_repeated()
    {
        var answer = await AnswerAsync(401, "", $$"""{"message":"Invalid API key {{Secret}}","code":"{{Secret}}"}""");

        Assert.DoesNotContain(Secret[10..20], $"{answer} {ApiMeaning.Of(new(HttpMethod.Patch, "one?id=eq.1", Access), answer)}", StringComparison.Ordinal);
    }

    private static string Error(string code, string message, string? details = null) => System.Text.Json.JsonSerializer.Serialize(new { code, message, details, hint = (string?)null });

    private static async Task<ApiAnswer> AnswerAsync(int status, string headers, string body)
    {
        using var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) };
        foreach (var header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(header => header.Split(": ", 2)))
            if (!answer.Headers.TryAddWithoutValidation(header[0], header[1]))
                Assert.True(answer.Content.Headers.TryAddWithoutValidation(header[0], header[1]));
        return await ApiAnswer.ReadAsync(answer, Secret, Now, TestContext.Current.CancellationToken);
    }
}
