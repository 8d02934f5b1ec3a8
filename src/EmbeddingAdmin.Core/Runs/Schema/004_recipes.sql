-- The text recipes that were confirmed or used, by column. A changed recipe is a new version; none is ever changed or removed.

create table embedding_admin.recipe (
  vector_column int not null references embedding_admin.vector_column,
  version       int not null,
  template      text not null,
  identity      text not null,                    -- sha256 of its SQL expression, as in made_from.recipe
  actor         text not null,
  at            timestamptz not null default clock_timestamp(),
  confirmed_at  timestamptz not null default clock_timestamp(),   -- the last time that somebody chose it
  primary key (vector_column, version),
  unique (vector_column, identity)
);
