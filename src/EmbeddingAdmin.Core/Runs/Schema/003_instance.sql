-- The dashboards that are up. A terminal prints sign-in links to the newest, and knows whether a run that it enqueues has somebody to drive it.

create table embedding_admin.instance (
    id         uuid primary key,
    address    text not null,
    started_at timestamptz not null default clock_timestamp(),
    seen_at    timestamptz not null default clock_timestamp()
) with (fillfactor = 50);
