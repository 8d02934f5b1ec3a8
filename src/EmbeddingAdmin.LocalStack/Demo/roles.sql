-- Supabase's own roles. Roles belong to the whole server, so another start or the API may have made them, even at this very moment.
do $$
declare
  wanted record;
begin
  for wanted in select * from (values ('anon', 'nobypassrls'), ('authenticated', 'nobypassrls'), ('service_role', 'bypassrls')) as r (name, rls) loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      begin
        execute format('create role %I nologin noinherit %s', wanted.name, wanted.rls);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
  end loop;
end
$$;
create schema if not exists extensions;
create extension if not exists vector with schema extensions;
grant usage on schema public, extensions to anon, authenticated, service_role;
