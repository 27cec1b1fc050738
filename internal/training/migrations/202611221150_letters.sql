-- What was told, so that a letter is written once however often its job runs.
-- Purpose: nobody gets a letter twice. Holds ids only; deleted after 400 days.
create table training_told (
    object text not null,              -- enrollment, or training for what is told to all of it
    news   text not null,              -- see News
    once   text not null,              -- what it was, of several of the same kind
    at     bigint not null,
    primary key (object, news, once)
);
create index training_told_at on training_told (at);

-- How often strangers asked for a letter within an hour, by address and by
-- network, both as HMAC under a key outside the database.
-- Purpose: nobody fills another's mailbox, or all seats with invented people.
-- Deleted after two days.
create table training_tries (
    key  text not null,
    hour bigint not null,
    n    integer not null,
    primary key (key, hour)
);
create index training_tries_hour on training_tries (hour);
