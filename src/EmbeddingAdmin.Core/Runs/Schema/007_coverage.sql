-- How much is embedded: the last count, the scan that examines the vectors of a large table, and what was found over time.

-- The last exact count. What our runs have written since is in the ledger, so nobody who writes has to touch this row.
create table embedding_admin.coverage_count (
  vector_column int primary key references embedding_admin.vector_column,
  definition    text not null,                    -- which rows count; another filter is another number
  total         bigint not null,
  embedded      bigint not null,
  empty_source  bigint,
  at            timestamptz not null              -- the moment of the count
) with (fillfactor = 50);

-- One scan per column, whoever wants it: the row is its lease, its place and its result.
create table embedding_admin.coverage_scan (
  vector_column int primary key references embedding_admin.vector_column,
  definition    text not null,                    -- what the states mean; after a change of model, recipe or filter it begins anew
  scans         int not null default 0,           -- how many were begun
  token         bigint not null default 0,
  until         timestamptz not null default '-infinity',
  began_at      timestamptz,                      -- null: none is under way
  after_key     text,
  looked        bigint not null default 0,
  counts        bigint[] not null default '{}',
  trouble       text,
  done_definition text,
  done_began_at timestamptz,
  done_at       timestamptz,
  done_counts   bigint[]
) with (fillfactor = 50);

create table embedding_admin.coverage_snapshot (
  vector_column int not null references embedding_admin.vector_column,
  at            timestamptz not null,
  run           bigint,                           -- the run after which it was taken
  total         bigint not null,
  embedded      bigint not null,
  fresh         bigint,                           -- null: not computed
  stale_text    bigint,
  stale_config  bigint,
  unstamped     bigint,
  invalid       bigint,
  empty_source  bigint,
  missing       bigint,
  primary key (vector_column, at)
);
