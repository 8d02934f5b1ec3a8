-- Several programs side by side: what each does, and news of every change at the moment in which it is true.

-- What the instance does: dashboard (shows), worker (drives runs) or both.
alter table embedding_admin.instance add column role text not null default 'both' check (role in ('dashboard', 'worker', 'both'));

-- The server that the run works on, as a worker last saw it: another one is confirmed by a person before anything is written there.
alter table embedding_admin.run add column server text;

-- In the statement that makes the change, so that nobody hears of what is not so, and nobody has to remember to tell.
create function embedding_admin.tell_run() returns trigger language plpgsql as
$$ begin perform pg_notify('embedding_admin', new.id::text); return null; end $$;
create function embedding_admin.tell_progress() returns trigger language plpgsql as
$$ begin perform pg_notify('embedding_admin', new.run::text); return null; end $$;

create trigger run_is_told after insert or update on embedding_admin.run for each row execute function embedding_admin.tell_run();
create trigger progress_is_told after insert or update on embedding_admin.run_progress for each row execute function embedding_admin.tell_progress();
