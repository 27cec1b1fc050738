-- The public half of the key that closes the envelopes of a matter, and an
-- trial envelope, sealed with it when it was made: sum is the SHA-256 of what
-- is inside. owner and box name the matter. Not personal, not secret. Deleted
-- when the matter's owner forgets the key (Forget).
create table custody_keys (
    owner      text not null,
    box        text not null,
    public_key text not null,
    trial      text not null,
    sum        text not null,
    tried      boolean not null default false,
    made_at    bigint not null,
    primary key (owner, box)
);

-- Who keeps which share of a key; person '' is the share put into deposit. Of a
-- share itself nothing is kept. The ids name people who act in office; deleted
-- with the key, two years after it was made, or with the person.
create table custody_keepers (
    owner     text not null,
    box       text not null,
    no        integer not null,
    person    text not null,
    confirmed boolean not null default false,
    gone      boolean not null default false,
    made_at   bigint not null,
    primary key (owner, box, no)
);
create index custody_keepers_person on custody_keepers (person) where person <> '';
create index custody_keepers_made on custody_keepers (made_at);

-- The first of two shares, sealed with the keys of the installation, while it
-- waits for the second: to open the trial envelope, or all of them. Deleted
-- after half an hour, when the second comes, or with the person.
create table custody_shares (
    owner  text not null,
    box    text not null,
    deed   text not null check (deed in ('trial', 'open')),
    person text not null,
    no     integer not null,
    sealed text not null,
    until  bigint not null,
    primary key (owner, box, deed)
);
create index custody_shares_until on custody_shares (until);
create index custody_shares_person on custody_shares (person);
