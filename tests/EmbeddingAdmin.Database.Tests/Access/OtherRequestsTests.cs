using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Api;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>
/// What the real API answers to upserts, functions and questions, and why this program sends no upsert, believes no function that does not count,
/// and takes no page for the whole.
/// </summary>
public sealed class OtherRequestsTests(ApiStack stack) : IClassFixture<ApiStack>
{
    private const string Merge = "resolution=merge-duplicates";

    /// <summary>What is done first · who · path · preferences · body · status · range · verdict · code · what SQL says afterwards.</summary>
    public static TheoryData<string, string, string, string, string, int, string, ApiVerdict, string?, string> Posts => new()
    {
        // Where an update is silent, an upsert is loud.
        { "", "anon", "stories", Merge, """{"id":1,"title":"new"}""", 401, "", ApiVerdict.RefusedByPolicy, "EA-RLS-01", "not exists (select from stories where title = 'new')" },
        { "create policy inserts on stories for insert to anon with check (true)", "anon", "stories", Merge, """{"id":1,"title":"new"}""", 401, "", ApiVerdict.RefusedByPolicy, "EA-RLS-01", "not exists (select from stories where title = 'new')" },
        { "", "service", "stories", Merge, """{"id":1,"title":"new"}""", 200, "*/*", ApiVerdict.Untold, null, "(select title from stories where id = 1) = 'new'" },
        { "", "service", "stories", Merge, """{"id":4,"title":"new"}""", 201, "*/*", ApiVerdict.Untold, null, "(select title from stories where id = 4) = 'new'" },
        { "", "service", "stories", "resolution=ignore-duplicates,count=exact", """{"id":1,"title":"new"}""", 201, "*/0", ApiVerdict.Untold, null, "(select title from stories where id = 1) <> 'new'" },
        // A row that was deleted meanwhile comes back as a ghost, unless a column stands in the way.
        { "alter table stories alter title drop not null; delete from stories where id = 1", "service", "stories", Merge, """{"id":1,"embedding":"[4,5,6]"}""", 201, "*/*", ApiVerdict.Untold, null, "exists (select from stories where id = 1 and title is null)" },
        { "delete from stories where id = 1", "service", "stories", Merge, """{"id":1,"embedding":"[4,5,6]"}""", 400, "", ApiVerdict.DatabaseError, "EA-DB-08", "not exists (select from stories where id = 1)" },
        { "", "service", "numbered", Merge, """{"id":1,"title":"new"}""", 400, "", ApiVerdict.DatabaseError, "EA-DB-08", "(select title from numbered where id = 1) = 'n1'" },

        // The range counts what the function returned.
        { "", "anon", "rpc/clear_void", "", """{"story":2}""", 204, "0-0/*", ApiVerdict.Untold, null, "(select embedding is not null from stories where id = 2)" },
        { "", "service", "rpc/clear_void", "", """{"story":2}""", 204, "0-0/*", ApiVerdict.Untold, null, "(select embedding is null from stories where id = 2)" },
        { "", "anon", "rpc/clear_counted", "", """{"story":2}""", 200, "0-0/*", ApiVerdict.Untold, null, "(select embedding is not null from stories where id = 2)" },
        { "", "service", "rpc/clear_counted", "", """{"story":2}""", 200, "0-0/*", ApiVerdict.Untold, null, "(select embedding is null from stories where id = 2)" },
        { "", "anon", "rpc/clear_set", "", """{"story":2}""", 200, "*/*", ApiVerdict.Untold, null, "(select embedding is not null from stories where id = 2)" },
        { "", "service", "rpc/clear_set", "", """{"story":2}""", 200, "0-0/*", ApiVerdict.Untold, null, "(select embedding is null from stories where id = 2)" },
    };

    /// <summary>What is done first · method · path · preferences · status · range · verdict · rows · code · what the sentence has to say.</summary>
    public static TheoryData<string, string, string, string, int, string, ApiVerdict, long?, string?, string> Questions => new()
    {
        { "", "GET", "numbered?select=id", "count=exact", 206, "0-999/2500", ApiVerdict.Read, 1000, null, "1000 of 2500 rows came." },
        { "", "GET", "numbered?select=id&limit=2500", "count=exact", 206, "0-999/2500", ApiVerdict.Read, 1000, null, "1000 of 2500 rows came." },
        { "", "HEAD", "numbered?select=id", "count=exact", 206, "0-999/2500", ApiVerdict.Read, 1000, null, "1000 of 2500 rows came." },
        { "", "GET", "numbered?select=id", "", 200, "0-999/*", ApiVerdict.Read, 1000, null, "Whether these are all, the answer does not say." },
        { "drop policy readable on stories", "GET", "stories?select=id", "", 200, "*/*", ApiVerdict.Nothing, 0, "EA-RLS-01", "That is not proof of an empty table." },
        { "drop policy readable on stories", "GET", "stories?select=id", "count=exact", 200, "*/0", ApiVerdict.Nothing, 0, "EA-RLS-01", "That is not proof of an empty table." },
        { "revoke select on stories from anon", "GET", "stories?select=id", "", 401, "", ApiVerdict.NoGrant, null, "EA-RLS-02", "permission denied for table stories. Nothing was read." },
    };

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task Success_of_an_upsert_or_a_function_says_nothing_of_rows(string sql, string who, string path, string prefer, string body, int status, string range, ApiVerdict verdict, string? code, string truth)
    {
        await stack.ResetAsync(sql);

        var (answer, meaning) = await stack.SendAsync(new(HttpMethod.Post, path, who == "anon" ? stack.Anonymous : stack.Service) { Body = body, Prefer = prefer.Length > 0 ? prefer : null });

        Assert.Equal((status, range, verdict, code, null), (answer.Status, answer.ContentRange, meaning.Verdict, meaning.Code, meaning.Rows));
        Assert.Contains(verdict == ApiVerdict.Untold ? "Look at the rows over the database connection." : "Nothing was written.", meaning.Sentence, StringComparison.Ordinal);
        Assert.True(await stack.Database.ScalarAsync<bool>($"select {truth}", ApiStack.Cancel), truth);
        await stack.ResetAsync("alter table stories alter title set not null; create policy cured on stories for update to anon using (true)");
        await stack.CanAsync(Identity.ServiceKey);
        await stack.CanAsync(Identity.AnonymousKey);
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_page_is_not_the_whole_and_no_row_is_no_proof(string sql, string method, string path, string prefer, int status, string range, ApiVerdict verdict, long? rows, string? code, string telling)
    {
        await stack.ResetAsync(sql);

        var (answer, meaning) = await stack.SendAsync(new(HttpMethod.Parse(method), path, stack.Anonymous) { Prefer = prefer.Length > 0 ? prefer : null });

        Assert.Equal((status, range, verdict, rows, code), (answer.Status, answer.ContentRange, meaning.Verdict, meaning.Rows, meaning.Code));
        Assert.Contains(telling, meaning.Sentence, StringComparison.Ordinal);
        if (sql.Length == 0)
            return;
        var sees = (await stack.TryAsync(Identity.AnonymousKey))[0];
        Assert.Equal((rows == 0 ? AccessAnswer.SilentlyNo : AccessAnswer.No, code), (sees.Answer, sees.Code));
        await stack.ResetAsync("create policy cured on stories for update to anon using (true)");
        await stack.CanAsync(Identity.AnonymousKey);
    }

    [Fact]
    public async Task All_keys_come_page_by_page_until_a_page_is_empty()
    {
        await stack.ResetAsync("truncate stories; insert into stories select n, 'n' from generate_series(1, 2500) n");
        var target = await stack.TargetAsync();
        var pages = new List<KeyPage>();

        await foreach (var page in stack.Api.KeysAsync(target, stack.Anonymous, ApiStack.Cancel))
            pages.Add(page);

        Assert.Equal([(1000, 2500), (1000, null), (500, null)], pages.Select(page => (page.Keys.Count, page.Total)));
        Assert.Equal(Enumerable.Range(1, 2500).Select(n => $"{n}"), pages.SelectMany(page => page.Keys));
    }

    [Fact]
    public async Task Keys_that_may_not_be_read_are_an_error_and_not_an_end()
    {
        await stack.ResetAsync("revoke select on stories from anon");
        var target = await stack.TargetAsync();

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(async () => await stack.Api.KeysAsync(target, stack.Anonymous, ApiStack.Cancel).GetAsyncEnumerator(ApiStack.Cancel).MoveNextAsync());

        Assert.Equal("EA-RLS-02", refused.Code);
    }
}
