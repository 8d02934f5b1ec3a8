-- The UTF-8 bytes of the texts that a page's tokens were charged for: their quotient estimates the next run of the column.
alter table embedding_admin.batch add column bytes bigint not null default 0;
