-- What people are told about their own matters: the inbox.
-- Purpose: carrying out the matter that the person takes part in. Deleted 12
-- months after it was read, and 24 months after it was written when it never
-- was (expires_at). args hold the words of the sentence, never an address of
-- anybody.
-- due_at is when a letter may tell of it: null when one did, or none shall.
create table notify_items (
    id         text primary key,
    person     text not null,
    topic      text not null,
    message    text not null,           -- key of the sentence
    args       text not null,           -- JSON, name to value
    link       text not null,
    once       text,                    -- what is told twice under one name is told once
    urgent     boolean not null,        -- is told at once, not gathered
    letter     text not null default '',
    created_at bigint not null,
    due_at     bigint,
    read_at    bigint,
    expires_at bigint not null
);
create unique index notify_items_once on notify_items (person, once);
create index notify_items_person on notify_items (person, id);
create index notify_items_unread on notify_items (person) where read_at is null;
create index notify_items_due on notify_items (person, due_at) where due_at is not null;
create index notify_items_expiry on notify_items (expires_at);

-- How often a person wants letters about a topic, where that differs from the
-- usual. Purpose and end: with the account.
create table notify_choices (
    person    text not null,
    topic     text not null,
    frequency text not null check (frequency in ('now', 'daily', 'weekly', 'never')),
    primary key (person, topic)
);

-- The hour at which a person wants the gathered letter. With the account.
create table notify_people (
    person text primary key,
    hour   integer not null
);

-- Letters counted per person and day or hour, so that there are not too many.
-- Deleted after eight days.
create table notify_letters (
    person text not null,
    kind   text not null check (kind in ('day', 'hour')),
    period bigint not null,
    n      integer not null,
    at     bigint not null,
    primary key (person, kind, period)
);
create index notify_letters_at on notify_letters (at);

-- Personal addresses of calendar and feed, by the keyed hash of their secret.
-- With the account, or when the person changes or ends them.
create table notify_feeds (
    kind    text not null check (kind in ('calendar', 'feed')),
    person  text not null,
    secret  text not null unique,
    made_at bigint not null,
    primary key (kind, person)
);
