using EmbeddingAdmin.Access.Why;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>What the table itself does: triggers, rules, its kind, its column, its constraints, its rows; and the time and the room that there is.</summary>
public static class TableCases
{
    private const string Rls = "alter table stories enable row level security; ";
    private const string ToAll = "grant select, update on stories to anon, authenticated, service_role, writer; ";
    private const string Read = "create policy \"read\" on stories for select using (true); ";
    private const string Keep = "create function f() returns trigger language plpgsql as $$ begin new.embedding := old.embedding; return new; end $$; ";
    private const string Own = "user_id = (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid";

    public static IReadOnlyList<WhyCase> All { get; } =
    [
        // Triggers and rules.
        new()
        {
            Name = "a BEFORE trigger that returns NULL", Who = "connection-sql", Setup = ToAll + "create function f() returns trigger language plpgsql as $$ begin return null; end $$; create trigger swallow before update on stories for each row execute function f()", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "because the trigger \"swallow\" (public.f) of public.stories takes the row out of the update", Cure = "alter table \"public\".\"stories\" disable trigger \"swallow\";",
        },
        new()
        {
            Name = "the same under policies that let the row through", Who = "owner-sql", Setup = Rls + ToAll + Read + $"create policy \"own\" on stories for update using ({Own}); create function f() returns trigger language plpgsql as $$ begin return null; end $$; create trigger swallow before update on stories for each row execute function f()", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "because the trigger \"swallow\" (public.f)", Cure = "disable trigger \"swallow\";",
        },
        new()
        {
            Name = "a BEFORE trigger that keeps the old value", Who = "connection-sql", Setup = ToAll + Keep + "create trigger keep before update on stories for each row execute function f()", Cells = "Yes Yes SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "the trigger \"keep\" (public.f) of public.stories gives the row another value than the one that was sent, before it is changed", Cure = "disable trigger \"keep\";",
        },
        new()
        {
            Name = "a BEFORE trigger that rewrites the vector", Who = "serviceRole-sql", Setup = ToAll + "create function f() returns trigger language plpgsql as $$ begin new.embedding := (select array_agg(1.0)::extensions.vector from generate_series(1, 24)); return new; end $$; create trigger rewrite before update on stories for each row execute function f()", Cells = "Yes Yes SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "RETURNING does not show the test vector either", Cure = "disable trigger \"rewrite\";",
        },
        new()
        {
            Name = "two BEFORE triggers, one of which keeps the old value", Who = "connection-sql", Setup = ToAll + Keep + "create trigger a before update on stories for each row execute function f(); create function g() returns trigger language plpgsql as $$ begin return new; end $$; create trigger b before update on stories for each row execute function g()", Cells = "Yes Yes SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "one of the triggers \"a\" (public.f), \"b\" (public.g)", Cure = "disable trigger \"a\";\nalter table \"public\".\"stories\" disable trigger \"b\";",
        },
        new()
        {
            Name = "an AFTER trigger that resets the vector", Who = "connection-sql", Setup = ToAll + "create function f() returns trigger language plpgsql as $$ begin if pg_trigger_depth() < 2 then update stories set embedding = null where id = new.id; end if; return null; end $$; create trigger reset after update on stories for each row execute function f(); create trigger harmless before update on stories for each row execute function suppress_redundant_updates_trigger()", Cells = "Yes Yes SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "the trigger \"reset\" (public.f) of public.stories changes the row again right after the update: RETURNING shows the test vector, and the row does not hold it", Cure = "disable trigger \"reset\";",
        },
        new()
        {
            Name = "a deferred trigger that resets the vector", Who = "connection-sql", Setup = ToAll + "create function f() returns trigger language plpgsql as $$ begin if new.embedding is not null then update stories set embedding = null where id = new.id; end if; return null; end $$; create constraint trigger late after update on stories deferrable initially deferred for each row execute function f(); create function g() returns trigger language plpgsql as $$ begin return null; end $$; create trigger soon after update on stories for each row execute function g()", Cells = "Yes Yes SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "the trigger \"late\" (public.f) of public.stories changes the row again at the commit: until then it holds the test vector", Cure = "disable trigger \"late\";",
        },
        new()
        {
            Name = "Supabase's automatic embeddings, which clear the vector", Who = "connection-sql", Setup = ToAll + "create function clear_column() returns trigger language plpgsql as $$ begin new.embedding := null; return new; end $$; create trigger clear_embedding before update on stories for each row execute function clear_column()", Cells = "Yes Yes SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "It belongs to Supabase's automatic embeddings", Cure = "disable trigger \"clear_embedding\";",
        },
        new()
        {
            Name = "a trigger that raises an error", Who = "connection-sql", Setup = ToAll + "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no %', new.content; end $$; create trigger guard before update on stories for each row execute function refuse(); create trigger other before update on stories for each row execute function suppress_redundant_updates_trigger()", Cells = "Yes No No", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "is refused with an error (P0001), which the trigger \"guard\" (public.refuse) of public.stories raises", Cure = "disable trigger \"guard\";",
        },
        new()
        {
            Name = "a trigger that writes where the role may not", Who = "owner-sql", Setup = Rls + ToAll + $"create policy \"own\" on stories using ({Own}); create table log (id bigint); create function note() returns trigger language plpgsql as $$ begin insert into log values (new.id); return new; end $$; create trigger noted before update on stories for each row execute function note()", Cells = "Yes No No", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "is refused with an error (42501: permission denied for table log), which the trigger \"noted\" (public.note) of public.stories raises", Cure = "disable trigger \"noted\";",
        },
        new()
        {
            Name = "a BEFORE trigger that stamps the time of the change", Who = "connection-sql", Setup = ToAll + "create function set_updated_at() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$; create trigger stamped before update on stories for each row execute function set_updated_at()", Cells = "Yes Yes Yes",
            Says = "can change this row of public.stories: the test vector was in it", Detail = "trigger \"stamped\": BEFORE, for each row, public.set_updated_at; it writes the time of the change",
        },
        new()
        {
            Name = "a rule that does nothing instead", Who = "connection-sql", Setup = ToAll + "create rule nothing as on update to stories do instead nothing", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.Triggers, Code = ErrorCodes.WriteSwallowed,
            Says = "because the rule \"nothing\" of public.stories does something else instead of an update", Cure = "alter table \"public\".\"stories\" disable rule \"nothing\";",
        },

        // What the relation and the column are.
        new()
        {
            Name = "a generated column", Who = "connection-sql", Setup = "alter table stories drop embedding; alter table stories add embedding extensions.vector(24) generated always as (extensions.array_to_vector(array_fill(id::real, array[24]), 24, true)) stored; " + ToAll, Cells = "Yes No No", Cause = Suspect.Shape, Code = ErrorCodes.VectorColumn,
            Says = "is a generated column", Cure = "alter table \"public\".\"stories\" alter column \"embedding\" drop expression;",
        },
        new()
        {
            Name = "a column without a size", Who = "connection-sql", Setup = ToAll + "alter table stories alter column embedding type extensions.vector", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Shape, Code = ErrorCodes.VectorWithoutSize,
            Says = "is a vector without a size",
        },
        new()
        {
            Name = "a view of an owner who may", Who = "owner-sql", Relation = "shown", Setup = Rls + "create view shown as select * from stories; grant select, update on shown to authenticated", Cells = "Yes Yes Yes", Cause = Suspect.Shape, Code = ErrorCodes.TableKind,
            Says = "is not held by row-level security of their own. An update through it reaches the row. This program writes tables only", Instead = "connection-sql",
        },
        new()
        {
            Name = "a view with security_invoker", Who = "owner-sql", Relation = "shown", Setup = Rls + ToAll + Read + "create view shown with (security_invoker) as select * from stories; grant select, update on shown to authenticated", Cells = "Yes SilentlyNo SilentlyNo", Cause = Suspect.Shape, Code = ErrorCodes.TableKind,
            Says = "it has security_invoker, so that the rights and the row-level security of whoever asks decide on public.stories. An update through it is answered with success and changes no row", Instead = "connection-sql", Shows = ("update shown set embedding = null where id = 1", 0),
        },
        new()
        {
            Name = "a view with a filter and no CHECK OPTION", Who = "connection-sql", Relation = "shown", Setup = ToAll + "create view shown as select * from stories where embedding is null; grant select, update on shown to writer", Cells = "Yes Yes SilentlyNo", Cause = Suspect.Shape, Code = ErrorCodes.TableKind,
            Says = "reports a changed row, which the view does not show any more: it has a filter and no CHECK OPTION", Instead = "connection-sql",
        },
        new()
        {
            Name = "a materialized view", Who = "connection-sql", Relation = "shown", Setup = ToAll + "create materialized view shown as select * from stories; grant select on shown to writer", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Shape, Code = ErrorCodes.TableKind, Says = "is a materialized view", Instead = "connection-sql",
        },
        new()
        {
            Name = "a foreign table", Who = "connection-sql", Relation = "shown", Setup = "create foreign data wrapper nothing; create server elsewhere foreign data wrapper nothing; create foreign table shown (id bigint, embedding extensions.vector(24)) server elsewhere; grant select, update on shown to writer", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Shape, Code = ErrorCodes.TableKind, Says = "is a foreign table",
        },
        new() { Name = "a table that is not there", Who = "connection-sql", Relation = "storeys", Setup = "select 1", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Shape, Code = ErrorCodes.TableMissing, Says = "The table public.storeys is not there" },
        new() { Name = "a table without the column", Who = "connection-sql", Setup = "alter table stories drop embedding", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Shape, Code = ErrorCodes.VectorColumn, Says = "has no column embedding" },
        new()
        {
            Name = "a constraint that refuses the vector", Who = "connection-sql", Setup = ToAll + "alter table stories add constraint long check (extensions.vector_norm(embedding) > 2)", Cells = "Yes No No", Cause = Suspect.Shape, Code = ErrorCodes.DatabaseFault, Says = "the constraint long of public.stories does not take the test vector",
        },

        // Time, the database, and the row.
        new()
        {
            Name = "service_role with the time of authenticator, which is too short", Who = "serviceRole-sql", Setup = ToAll + "do $$ begin execute format('alter role authenticator in database %I set statement_timeout = ''2s''', current_database()); end $$; create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return new; end $$; create trigger slow before update on stories for each row execute function slow()", Cells = "Yes No No", Cause = Suspect.Timeout, Code = ErrorCodes.DatabaseTooBusy,
            Says = "has 2s for a statement, which it has from authenticator", Cure = "alter role \"service_role\" in database",
        },
        new()
        {
            Name = "a disk that is full", Who = "connection-sql", Setup = ToAll + "create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$; create trigger full_disk before update on stories for each statement execute function full_disk()", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Database, Code = ErrorCodes.DatabaseFull, Says = "The database's disk is full",
        },
        new()
        {
            Name = "a row that was deleted meanwhile", Who = "connection-sql", Setup = ToAll + "delete from stories where id = 1", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Row, Code = ErrorCodes.RowKey, Says = "There is no row 1 in public.stories: it was deleted, or never was. An update of it reports success and changes no row",
        },
        new()
        {
            Name = "a row without a text", Who = "connection-sql", Setup = ToAll + "update stories set title = null, content = '', genre = ' ' where id = 1", Cells = "Yes Yes Yes", Cause = Suspect.Row, Says = "The row 1 has no text",
        },
        new()
        {
            Name = "a partition, which its table's policies do not guard", Who = "connection-sql", Setup = "drop table stories; create table whole (id bigint, user_id uuid, title text, content text, genre text, tags text[], embedding extensions.vector(24), primary key (id)) partition by range (id); create table stories partition of whole for values from (0) to (100); insert into whole select n, null, 'title ' || n, 'the content of ' || n, 'letters' from generate_series(1, 6) n; alter table whole enable row level security; " + ToAll,
            Cells = "Yes Yes Yes", Says = "can change this row of public.stories", Detail = "a table, of the owner",
        },
        new()
        {
            Name = "a key that no row can have", Who = "serviceRole-sql", Key = "one", Setup = ToAll, Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Row, Code = ErrorCodes.RowKey, Says = "There is no row one in public.stories",
        },
        new() { Name = "a table without rows", Who = "connection-sql", Key = "", Setup = ToAll + "delete from stories", Cells = "NotMeasured NotMeasured NotMeasured", Cause = Suspect.Row, Says = "The table has no row to try it on. There is nothing to change" },
    ];
}
