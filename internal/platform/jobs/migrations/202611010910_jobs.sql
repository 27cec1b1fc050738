-- Work that is done after the commit, outside the request.
-- due_at is the moment from which a runner may take the row: the time of a
-- waiting job (0: at once), the end of the lease of a running one, null for a
-- parked one. So one search in one index finds new work and work whose runner
-- died. The payload holds ids; it goes when the job is done.
create table jobs (
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
);
create unique index jobs_unique on jobs (kind, unique_key);
create index jobs_due on jobs (due_at, state);
create index jobs_parked on jobs (id) where state = 'parked';

-- The start of the last period in which each periodic job was asked for.
create table jobs_periods (
    kind    text primary key,
    started bigint not null
);

-- How far a long work is, for the person who waits for it (owner).
-- Rows are deleted a week after they last moved.
create table jobs_progress (
    id         text primary key,
    kind       text not null,
    title_key  text not null,
    owner      text not null,
    done       bigint not null,
    total      bigint not null,
    state      text not null check (state in ('running', 'done', 'failed')),
    note       text not null,
    updated_at bigint not null
);
create index jobs_progress_updated on jobs_progress (updated_at);
