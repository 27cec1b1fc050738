-- Printed cards of pupils. Hash and PIN are argon2id over an HMAC under a key
-- outside the database, and are blanked when the card is void.
-- Purpose: signing in without mail. Deleted with the account; a void card 24
-- months after its end.
create table access_cards (
    number      text primary key,           -- public, drawn
    person      text not null references access_people (id),
    institution text not null,              -- that issued it
    hash        text not null,
    issued_at   bigint not null,
    issued_by   text not null,
    again       boolean not null,           -- in place of an earlier one
    used_at     bigint,                     -- first use, when the PIN was set
    pin         text not null default '',
    pin_kind    text not null default '',   -- picture, word
    voided_at   bigint,
    voided_by   text not null default '',
    voided_why  text not null default ''    -- replaced, left
);
create unique index access_cards_living on access_cards (person) where voided_at is null;
create index access_cards_person on access_cards (person, issued_at);

-- Tries at cards: n are the wrong ones, pending those being checked right now,
-- next_at is when the next one may come.
alter table access_guesses add column pending integer not null default 0;
alter table access_guesses add column next_at bigint not null default 0;
