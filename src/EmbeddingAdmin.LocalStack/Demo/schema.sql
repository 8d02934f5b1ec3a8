create table public.stories (
  id         uuid primary key,
  user_id    uuid not null,
  title      text,
  content    text,
  genre      text,
  tags       text[] not null default '{}',
  created_at timestamptz not null,
  embedding  extensions.vector(1536)
);
create index stories_user_id on public.stories (user_id);

create table public.profiles (
  id                   uuid primary key,
  display_name         text,
  bio                  text,
  preferences          jsonb not null default '{}',
  preference_embedding extensions.vector(1536)
);

-- Everybody may read, nobody but the service role may change, and nothing says so aloud: the privilege is there, the policy is not.
alter table public.stories enable row level security;
alter table public.profiles enable row level security;
create policy "Stories are readable by everyone" on public.stories for select to anon, authenticated using (true);
create policy "Profiles are readable by everyone" on public.profiles for select to anon, authenticated using (true);
grant select, insert, update, delete on public.stories, public.profiles to anon, authenticated, service_role;
