-- The transaction that wrote a vector. While the row's version is still the one that this transaction made, and was read back, its bytes are known
-- without being hashed once more. Null: nothing is known of it.
alter table embedding_admin.stamp add column xid xid8;
