-- Second factors: an app that shows codes, or a printed list of them.
-- Purpose: nobody who learned a password alone sees other people's data.
-- Deleted when replaced, removed or reset, and with the account.
create table access_factors (
    person       text not null references access_people (id),
    kind         text not null,             -- totp, printed
    secret       text not null,             -- of the app, sealed; '' for a list
    step         bigint not null,           -- time step of the code used last
    confirmed_at bigint not null,
    primary key (person, kind)
);

-- Codes that work once each, as HMAC under a key outside the database.
-- Purpose and end as above.
create table access_codes (
    person  text not null references access_people (id),
    kind    text not null,                  -- printed, recovery
    number  integer not null,               -- on the list, from 1
    hash    text not null,
    made_at bigint not null,
    used_at bigint,
    primary key (person, kind, number)
);

-- Links sent by mail, at most one per address and purpose: the newest. The
-- address may be one without an account.
-- Purpose: to prove that whoever asks reads the mailbox. Deleted an hour after
-- the link ran out at the latest.
create table access_mail_links (
    login      text not null,               -- the address, small letters
    purpose    text not null,               -- signin, recover, fresh
    email      text not null,               -- the address as typed
    token      text not null unique,        -- hash
    browser    text not null,               -- hash of the mark in the asking browser
    digits     text not null,               -- HMAC of the six digits shown there
    tries      integer not null,
    expires_at bigint not null,
    used_at    bigint,
    primary key (login, purpose)
);
create index access_mail_links_expiry on access_mail_links (expires_at);
