-- Who may use the dashboard. Both tables hold hashes only: whoever reads them cannot sign in with what they read.

create table embedding_admin.sign_in_link (
    token_hash bytea primary key check (length(token_hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);

create table embedding_admin.session (
    id_hash      bytea primary key check (length(id_hash) = 32),
    name         text not null check (length(name) between 1 and 60),
    created_at   timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    -- The absolute end; the sliding one is counted from last_seen_at.
    expires_at   timestamptz not null,
    ended_at     timestamptz
);
