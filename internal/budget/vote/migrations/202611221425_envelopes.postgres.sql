-- Sealed votes: nobody's, and readable by nobody until two custodians open them.
-- id is 128 random bits from the form that was drawn; second is an HMAC of the
-- secret that lets whoever holds it put another envelope in this one's place, ''
-- where the rules do not allow it. There is no time and no other word in a row,
-- and none may be added. Not personal: who holds the database and its log can tell
-- with which right an envelope came, and cannot open it. Destroyed when the
-- protests against the result are over.
create table budget_envelopes (
    edition text not null,
    pool    text not null,
    id      text not null,
    second  text not null default '',
    sealed  bytea not null,
    primary key (edition, pool, id)
);
create unique index budget_envelopes_second on budget_envelopes (edition, pool, second) where second <> '';

-- A box of a pool that was closed: how many envelopes lie in it. From this row on
-- no envelope is taken any more. Not personal. Kept with the edition.
create table budget_envelope_counts (
    edition   text not null,
    pool      text not null,
    envelopes integer not null,
    primary key (edition, pool)
);

-- The digests of all envelopes of a closed box, numbered in the order of their
-- letters, for whoever holds a receipt. copies is 1, or more when somebody laid copies beside an
-- envelope. Not personal: a digest tells nothing to whoever has no receipt. Kept
-- with the edition.
create table budget_envelope_digests (
    edition text not null,
    pool    text not null,
    n       integer not null,
    digest  text not null,
    copies  integer not null,
    primary key (edition, pool, n)
);
create unique index budget_envelope_digests_digest on budget_envelope_digests (edition, pool, digest);
