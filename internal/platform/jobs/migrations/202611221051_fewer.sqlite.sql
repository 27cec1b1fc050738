-- Rows lie in the order of their key, and only those that have a unique key
-- stand in its index: deliveries of events have none.
create table jobs_new (
    id           text primary key,
    kind         text not null,
    unique_key   text,
    payload      text not null,
    progress     text not null default '',
    state        text not null check (state in ('waiting', 'running', 'parked')),
    due_at       bigint,
    holder       text not null default '',
    again        boolean not null default false,
    attempts     integer not null default 0,
    max_attempts integer not null,
    last_error   text not null default '',
    failed_at    bigint not null default 0
) without rowid;
insert into jobs_new (id, kind, unique_key, payload, progress, state, due_at, holder, again, attempts, max_attempts, last_error, failed_at)
    select id, kind, unique_key, payload, progress, state, due_at, holder, again, attempts, max_attempts, last_error, failed_at from jobs;
drop table jobs;
alter table jobs_new rename to jobs;
create unique index jobs_unique on jobs (kind, unique_key) where unique_key is not null;
create index jobs_due on jobs (due_at, state);
create index jobs_parked on jobs (id) where state = 'parked';
