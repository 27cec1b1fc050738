-- Letters to people: those that wait, and what became of the others.
-- Purpose: carrying out what the person asked for (a link to sign in, news of
-- their own matters). The words (sealed) go when the letter was delivered or
-- dropped; the row goes 30 days after it was written, whatever its state.
-- A dump of the table reads neither words nor addresses: both are sealed with
-- a key outside the database, and the hash needs that key too.
create table mail_letters (
    id         text primary key,
    topic      text not null,
    person     text not null,           -- whose letter, '' for an address without an account
    lang       text not null,
    address    text not null,           -- sealed
    recipient  text not null,           -- keyed hash of the address, for finding and for refusals
    domain     text not null,
    words      text not null,           -- sealed: subject and text; '' once erased
    secret     boolean not null,        -- holds a link that lets in whoever has it
    state      text not null check (state in ('waiting', 'kept', 'sent', 'failed', 'dropped')),
    trouble    text not null default '',
    code       integer not null default 0,
    job        text not null default '',
    day        text not null,
    created_at bigint not null,
    settled_at bigint not null default 0
);
create index mail_letters_state on mail_letters (state, id);
create index mail_letters_domain on mail_letters (domain, id);
create index mail_letters_recipient on mail_letters (recipient, id);
create index mail_letters_person on mail_letters (person, id);
create index mail_letters_day on mail_letters (day, state);
create index mail_letters_created on mail_letters (created_at);
