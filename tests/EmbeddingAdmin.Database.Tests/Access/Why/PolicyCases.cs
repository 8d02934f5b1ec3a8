using EmbeddingAdmin.Access.Why;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>Row-level security, the silent ways first.</summary>
public static class PolicyCases
{
    private const string Rls = "alter table stories enable row level security; ";
    private const string ToAll = "grant select, update on stories to anon, authenticated, service_role, writer; ";
    private const string Read = "create policy \"read\" on stories for select using (true); ";
    private const string Own = "user_id = (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid";

    public static IReadOnlyList<WhyCase> All { get; } =
    [
        new()
        {
            Name = "anon under a SELECT policy only", Who = "anon-sql", Setup = Rls + ToAll + Read, Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "no UPDATE policy lets anon change any row. That is as it should be", Instead = "serviceRole-sql", Shows = ("update stories set embedding = null where id = 1", 0), Detail = "\"read\" (select, permissive, to public): USING (true) lets this row through",
        },
        new()
        {
            Name = "the row's owner under a SELECT policy only", Who = "owner-sql", Setup = Rls + ToAll + Read, Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "no UPDATE policy lets authenticated change any row", Cure = "for update to authenticated using (\"user_id\" = (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid) with check (", Shows = ("update stories set embedding = null where id = 1", 0),
        },
        new()
        {
            Name = "the row's owner, where Supabase's auth.uid() is there", Who = "owner-sql", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Setup = Rls + ToAll + Read + "create schema auth; grant usage on schema auth to authenticated; create function auth.uid() returns uuid language sql stable as $$ select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid $$;",
            Says = "no UPDATE policy lets authenticated change any row", Cure = "\"user_id\" = (select auth.uid())",
        },
        new()
        {
            Name = "a role with every grant and no BYPASSRLS, under a SELECT policy only", Who = "connection-sql", Setup = Rls + "grant all on stories to writer; " + Read, Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "an update is answered with success and changes no row, because no UPDATE policy lets writer change any row. This program writes with row_security off", Cure = "bypassrls;", Shows = ("update stories set embedding = null where id = 1", 0),
        },
        new()
        {
            Name = "a role whose policies let everything through, and row_security off, which is the detector", Who = "connection-sql", Setup = Rls + "grant all on stories to writer; create policy \"all\" on stories to writer using (true);", Cells = "Yes No No", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "its policies would let this row through, and filter others without a word", Cure = "bypassrls;", Shows = ("update stories set embedding = null where id = 1", 1),
        },
        new()
        {
            Name = "the claim query FOR UPDATE under a SELECT policy only, which finds nothing to do", Who = "connection-sql", Setup = Rls + "grant all on stories to writer; " + Read, Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "Nothing was written, and a policy does not help", Cure = "bypassrls;", Shows = ("select id from stories for update skip locked", 0),
        },
        new()
        {
            Name = "a role that sees no row at all", Who = "connection-sql", Setup = Rls + "grant all on stories to writer", Cells = "SilentlyNo SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "no SELECT policy shows writer any row", Cure = "bypassrls;", Shows = ("select id from stories", 0),
        },
        new() { Name = "service_role, which bypasses it, also where it is forced", Who = "serviceRole-sql", Setup = Rls + ToAll + "alter table stories force row level security", Cells = "Yes Yes Yes", Says = "The role service_role can change this row", Shows = ("update stories set embedding = null where id = 1", 1) },
        new()
        {
            Name = "a service_role that somebody made anew without BYPASSRLS", Who = "serviceRole-sql", Setup = Rls + ToAll + Read + "alter role service_role nobypassrls", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "no UPDATE policy lets service_role change any row. Nothing was written", Cure = "alter role \"service_role\" bypassrls;",
        },
        new() { Name = "the table's owner, where it is on", Who = "connection-sql", Setup = Rls + "alter table stories owner to writer; ", Cells = "Yes Yes Yes", Says = "can change this row of public.stories: the test vector was in it", Detail = "policies" },
        new()
        {
            Name = "the table's owner, where it is forced", Who = "connection-sql", Setup = Rls + "alter table stories owner to writer; alter table stories force row level security; " + Read, Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "is forced, so that it holds for its owner writer as well", Cure = "no force row level security;", Shows = ("update stories set embedding = null where id = 1", 0),
        },
        new()
        {
            Name = "a function with SECURITY DEFINER of an owner on whom it is forced", Who = "connection-sql", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Setup = Rls + "alter table stories owner to writer; alter table stories force row level security; " + Read + "create function definer() returns setof bigint language sql security definer as 'update stories set likes = 1 where id = 1 returning id'; alter function definer() owner to writer; ",
            Says = "and in every function with SECURITY DEFINER of that role", Cure = "no force row level security;", Shows = ("select definer()", 0),
        },
        new()
        {
            Name = "an UPDATE policy USING (false)", Who = "owner-sql", Setup = Rls + ToAll + Read + "create policy \"u\" on stories for update using (false)", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "the USING clause of the policy \"u\" rejects this row", Cure = "create policy \"Owners change their own rows\"", Shows = ("update stories set embedding = null where id = 1", 0), Detail = "\"u\" (update, permissive, to public): USING (false) rejects this row",
        },
        new()
        {
            Name = "an UPDATE policy without a USING clause, which lets nothing through", Who = "owner-sql", Setup = Rls + ToAll + Read + "create policy \"u\" on stories for update with check (true)", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "no UPDATE policy lets authenticated change any row", Cure = "create policy \"Owners change their own rows\"", Shows = ("update stories set embedding = null where id = 1", 0),
        },
        new()
        {
            Name = "an UPDATE policy USING (true) WITH CHECK (false)", Who = "owner-sql", Setup = Rls + ToAll + Read + "create policy \"u\" on stories for update using (true) with check (false)", Cells = "Yes No No", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "is refused with an error (42501): row-level security of public.stories holds for authenticated, and the WITH CHECK clause of the policy \"u\" rejects the row as it would be", Cure = "create policy \"Owners change their own rows\"", Detail = "WITH CHECK (false) rejects the row as it would be",
        },
        new()
        {
            Name = "a restrictive policy beside a permissive one, of a row that it rejects", Who = "owner-sql", Setup = Rls + ToAll + "create policy \"all\" on stories using (true); create policy \"few\" on stories as restrictive for update using (id = 3)", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "the USING clause of the restrictive policy \"few\" rejects this row", Cure = "alter policy \"few\" on \"public\".\"stories\" using (((id = 3)) or (\"user_id\" =", Shows = ("update stories set embedding = null", 1),
        },
        new()
        {
            Name = "the same of a row that it lets through", Who = "owner-sql", Key = "3", Setup = Rls + ToAll + "create policy \"all\" on stories using (true); create policy \"few\" on stories as restrictive for update using (id = 3)", Cells = "Yes Yes Yes",
            Says = "The row's owner, signed in, can change this row", Detail = "\"few\" (update, restrictive, to public): USING ((id = 3)) lets this row through",
        },
        new()
        {
            Name = "a restrictive policy alone", Who = "owner-sql", Setup = Rls + ToAll + "create policy \"few\" on stories as restrictive using (true)", Cells = "SilentlyNo SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "no SELECT policy shows authenticated any row", Cure = "create policy \"Owners see their own rows\"", Shows = ("update stories set embedding = null where id = 1", 0),
        },
        new()
        {
            Name = "an UPDATE policy and no SELECT policy, with a WHERE", Who = "owner-sql", Setup = Rls + ToAll + "create policy \"u\" on stories for update using (true)", Cells = "SilentlyNo SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "an update that names its row changes only what the role sees", Cure = "create policy \"Owners see their own rows\"", Shows = ("update stories set embedding = null where id = 1", 0),
        },
        new()
        {
            Name = "the same without a WHERE, which changes the whole table", Who = "owner-sql", Setup = Rls + ToAll + "create policy \"u\" on stories for update using (true)", Cells = "SilentlyNo SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "no SELECT policy shows authenticated any row", Cure = "create policy \"Owners see their own rows\"", Shows = ("update stories set embedding = null", 6), Detail = "An update without a WHERE asks no SELECT policy: it would change every row",
        },
        new()
        {
            Name = "a SELECT policy that shows only rows without a vector", Who = "owner-sql", Setup = Rls + ToAll + "create policy \"r\" on stories for select using (embedding is null); create policy \"u\" on stories for update using (true)", Cells = "Yes No No", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "the USING clause of the policy \"r\" rejects the row as it would be, which has to stay visible", Cure = "create policy \"Owners see their own rows\"", Shows = ("update stories set embedding = null", 6), Detail = "USING ((embedding IS NULL)) lets this row through and rejects the row as it would be",
        },
        new()
        {
            Name = "a stranger to the row", Who = "stranger-sql", Setup = Rls + ToAll + Read + $"create policy \"own\" on stories for update to authenticated using ({Own})", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "the USING clause of the policy \"own\" rejects this row. That is as it should be: the row is not theirs", Instead = "owner-sql",
        },
        new()
        {
            Name = "a policy that asks its own table without end", Who = "owner-sql", Setup = Rls + ToAll + "create policy \"r\" on stories for select using (exists (select from stories s where s.id > 0)); create policy \"u\" on stories for update using (true)", Cells = "No No No", Cause = Suspect.RowSecurity, Code = ErrorCodes.RowSecurity,
            Says = "the policy \"r\" raises an error when it is asked (42P17", Cure = "alter policy \"r\" on \"public\".\"stories\" using (\"user_id\" =",
        },
        new()
        {
            Name = "a policy that asks a table which the role may not read", Who = "owner-sql", Setup = Rls + ToAll + "create table members (id uuid); insert into members values ('" + WhyDatabase.Odd + "'); create policy \"r\" on stories for select using (true); create policy \"u\" on stories for update using (exists (select from members m where m.id = stories.user_id))",
            Cells = "Yes No No", Cause = Suspect.RowSecurity, Code = ErrorCodes.Grant, Says = "the policy \"u\" raises an error when it is asked (42501: permission denied for table members)", Cure = "grant select on public.members to \"authenticated\";",
        },
    ];
}
