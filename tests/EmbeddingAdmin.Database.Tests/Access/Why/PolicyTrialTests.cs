using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>What the policies are said to do to a row is what Postgres does, however their conditions are written.</summary>
[Collection(nameof(WhyDatabase))]
public sealed class PolicyTrialTests(WhyDatabase database)
{
    private const string Before =
        "alter table stories enable row level security; grant select, update on stories to authenticated; create policy \"read\" on stories for select using (true); "
        + "create table members (id uuid, story bigint); insert into members values ('11111111-1111-4111-8111-111111111111', 1); grant select on members to authenticated; ";

    [Theory]
    [InlineData("a column", "id = 1")]
    [InlineData("a column of the inner table with the outer table's name before it", "exists (select from members m where m.story = stories.id)")]
    [InlineData("the table itself, inside", "id = (select min(s.id) from stories s)")]
    [InlineData("an inner table whose own policies hide everything", "exists (select from members m where m.story = stories.id)", "alter table members enable row level security")]
    [InlineData("the whole row", "whole(stories)", "create function whole(s stories) returns boolean language sql as 'select s.id = 1'")]
    [InlineData("a function that is not on the search path", "other.own(user_id)", "create schema other; grant usage on schema other to authenticated; create function other.own(uuid) returns boolean language sql as 'select $1 = ''11111111-1111-4111-8111-111111111111'''")]
    [InlineData("a function that only the connection's role has on its search path", "postgres.own(user_id)", "create schema postgres; grant usage on schema postgres to authenticated; create function postgres.own(uuid) returns boolean language sql as 'select $1 = ''11111111-1111-4111-8111-111111111111'''")]
    [InlineData("the claims", "user_id = (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid")]
    [InlineData("the claims of before version 9 of the API", "user_id::text = current_setting('request.jwt.claim.sub', true)")]
    [InlineData("the role", "current_user = 'authenticated' and id < 3")]
    [InlineData("what is NULL, which lets nothing through", "null")]
    [InlineData("what is NULL of some rows", "tags = array['a']")]
    [InlineData("the vector", "embedding is null")]
    [InlineData("a literal with a parameter's sign and a quote", "title <> '$1 it''s; --' and id = 1")]
    [InlineData("a column that came after one was dropped", "added = 'yes'", "alter table stories drop likes, add added text default 'yes'")]
    [InlineData("a role that it is not for", "true", null, "service_role")]
    [InlineData("a role whose rights the identity has", "true", "do $$ begin create role inherited nologin; exception when duplicate_object then null; end $$; grant inherited to authenticated with inherit true", "inherited")]
    [InlineData("what raises an error", "1 / (id - 1) > 0")]
    public async Task A_condition_lets_through_what_it_lets_through_in_an_update(string what, string condition, string? more = null, string to = "authenticated")
    {
        Assert.NotEmpty(what);
        foreach (var clause in (string[])[$"using ({condition})", $"using (true) with check ({condition})"])
        {
            await database.BeginAsync($"{Before} {more}; create policy \"u\" on stories for update to {to} {clause}");
            foreach (var key in (string[])["1", "3"])
            {
                var said = await database.AskAsync(new(IdentityKind.Owner, Way.Sql), new() { Key = key });

                var lines = said.Steps.Single(step => step.Suspect == Suspect.RowSecurity).Details;
                var line = Assert.Single(lines, line => line.StartsWith("\"u\"", StringComparison.Ordinal));
                Assert.True(said.Writes == !(line.Contains("rejects", StringComparison.Ordinal) || line.Contains("raises", StringComparison.Ordinal) || line.Contains("is not for", StringComparison.Ordinal)), $"{line}\n{said.Sentence}");
                Assert.Equal(said.Writes, said.Code is null);
                if (!said.Writes)
                    Assert.Equal(Suspect.RowSecurity, said.Steps.Single(step => step.Found == Found.Cause).Suspect);
            }
        }

        await database.SqlAsync("do $$ begin revoke inherited from authenticated; exception when undefined_object then null; end $$");
    }
}
