-- What a verification has to remember from one pass to the next: vectors that no run claims, by their hashes and never by themselves.
create table embedding_admin.verify_vector (
  run         bigint not null references embedding_admin.run on delete cascade,
  row_key     text not null,
  vector_hash bytea not null,                     -- sha256 of vector_send(vector)
  text_hash   bytea not null,
  primary key (run, row_key)
);

-- Rows whose text was embedded again only to be compared.
alter table embedding_admin.batch add column compared bigint not null default 0;
