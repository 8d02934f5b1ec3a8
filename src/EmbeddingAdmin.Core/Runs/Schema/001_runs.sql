-- Everything that EmbeddingAdmin knows for itself. The app's own tables never get a column more.
-- No grants and no policies: the API's roles have no business here.

create table embedding_admin.vector_column (
  id   int generated always as identity primary key,
  name text not null unique                       -- schema.table.column
);

create table embedding_admin.run (
  id              bigint generated always as identity primary key,
  kind            text not null check (kind in ('backfill', 'verify')),
  target          text not null,                  -- the configured table's name
  vector_column   int not null references embedding_admin.vector_column,
  status          text not null check (status in ('enqueued', 'running', 'pausing', 'paused', 'cancelling', 'cancelled', 'interrupted', 'succeeded', 'errored')),
  version         int not null default 1,         -- every change of the row counts it up; commands name the one they saw
  attempt         int not null default 1,         -- counts up with each retry
  actor           text not null,
  plan            jsonb not null,
  rows_per_second float8,                         -- the pace of now; the plan keeps the one it began with
  reason_code     text,
  reason          text,
  verdict         text check (verdict in ('verified', 'finishedWithFailures', 'notVerified')),
  scope_rows      bigint,                         -- rows in scope at the start
  created_at      timestamptz not null default clock_timestamp(),
  changed_at      timestamptz not null default clock_timestamp(),
  started_at      timestamptz,
  ended_at        timestamptz
);

-- One writing run per column: the loser of a race is told by the database, not by a check before it.
create unique index run_one_writer on embedding_admin.run (vector_column)
  where kind = 'backfill' and status not in ('succeeded', 'cancelled', 'errored');

create table embedding_admin.run_progress (
  run      bigint primary key references embedding_admin.run on delete cascade,
  progress jsonb not null,
  at       timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- Who works. Renewing touches only "until" and so never waits for the writers, which hold the row FOR KEY SHARE;
-- a new token is a new key, so whoever takes over waits until the open writes have ended.
create table embedding_admin.run_lease (
  run   bigint primary key references embedding_admin.run on delete cascade,
  token bigint not null,
  until timestamptz not null,
  unique (run, token)
) with (fillfactor = 50);

-- The ledger: one row for each page that a run has dealt with, in the transaction that wrote the page.
create table embedding_admin.batch (
  run             bigint not null references embedding_admin.run on delete cascade,
  no              int not null,
  pass            int not null,
  last_key        text,
  written         bigint not null default 0,
  already_current bigint not null default 0,
  changed         bigint not null default 0,
  deleted         bigint not null default 0,
  blocked         bigint not null default 0,
  reverted        bigint not null default 0,
  empty_source    bigint not null default 0,
  too_long        bigint not null default 0,
  failed          bigint not null default 0,
  unverified      bigint not null default 0,
  not_attempted   bigint not null default 0,
  tokens          bigint not null default 0,
  cost            numeric,
  at              timestamptz not null default clock_timestamp(),
  primary key (run, no)
);

create table embedding_admin.row_result (
  run     bigint not null references embedding_admin.run on delete cascade,
  row_key text not null,
  outcome text not null,
  stage   text,
  code    text,
  message text,
  attempt int not null,
  tries   int not null default 1,
  at      timestamptz not null default clock_timestamp(),
  primary key (run, row_key)
);

create table embedding_admin.made_from (
  id         int generated always as identity primary key,
  provider   text not null,
  host       text not null,
  model      text not null,
  dimensions int not null,
  recipe     text not null,
  unique (provider, host, model, dimensions, recipe)
);

-- What we claim of a row's vector: made from this text, with this model, and these very bytes.
create table embedding_admin.stamp (
  vector_column int not null references embedding_admin.vector_column,
  row_key       text not null,
  made_from     int not null references embedding_admin.made_from,
  text_hash     bytea not null,
  vector_hash   bytea not null,                   -- sha256 of vector_send(vector)
  run           bigint not null,
  page          int not null,
  at            timestamptz not null default clock_timestamp(),
  primary key (vector_column, row_key)
);

create table embedding_admin.event (
  id      bigint generated always as identity primary key,
  at      timestamptz not null default clock_timestamp(),
  actor   text not null,
  run     bigint,
  kind    text not null,
  details jsonb not null default '{}'
);
create index event_of_run on embedding_admin.event (run, id);

create function embedding_admin.refuse_change() returns trigger language plpgsql as
$$ begin raise exception 'embedding_admin.event is append-only' using errcode = '0A000'; end $$;

create trigger event_is_append_only before update or delete or truncate on embedding_admin.event
  for each statement execute function embedding_admin.refuse_change();
