-- The log of official acts and of sensitive reads. Purpose: accountability for
-- what was done with people's data and in the name of an office (KRI;
-- GDPR art. 5.2). Rows are never deleted. Erased, 24 months after the act
-- or when a person is erased, are the personal parts: who (acting, acting_for,
-- role, role_institution, the exact second), about (subject, object_id when it
-- is a person's) and details. The salt of a part is erased with it; while it is
-- there, the part can be proved by its digest in audit_chain.
-- read_key keeps the same look of the same person in one hour down to one row.
create table audit_rows (
    id               text primary key,
    at               bigint not null,
    hour             bigint not null,
    action           text not null,
    object           text not null,
    object_id        text not null,
    institution      text not null,
    reading          boolean not null,
    hidden           boolean not null,
    actor            text not null,
    acting_for       text not null,
    role             text not null,
    role_institution text not null,
    subject          text not null,
    details          text not null,
    salt_who         text not null,
    salt_about       text not null,
    salt_details     text not null,
    read_key         text
);
create index audit_rows_at on audit_rows (at, id);
create index audit_rows_action on audit_rows (action, at, id);
create index audit_rows_actor on audit_rows (actor, at, id) where actor <> '';
create index audit_rows_for on audit_rows (acting_for) where acting_for <> '';
create index audit_rows_subject on audit_rows (subject, at, id) where subject <> '';
create index audit_rows_object on audit_rows (object_id, at, id) where object_id <> '';
create index audit_rows_institution on audit_rows (institution, at, id) where institution <> '';
create index audit_rows_read on audit_rows (read_key) where read_key is not null;

-- Rows as they were just written, with nothing to keep up but a key, so that
-- an act pays little for its line. The linker moves them to audit_rows within
-- a second; purpose and deletion as there.
create table audit_waiting (
    id               text primary key,
    at               bigint not null,
    hour             bigint not null,
    action           text not null,
    object           text not null,
    object_id        text not null,
    institution      text not null,
    reading          boolean not null,
    hidden           boolean not null,
    actor            text not null,
    acting_for       text not null,
    role             text not null,
    role_institution text not null,
    subject          text not null,
    details          text not null,
    salt_who         text not null,
    salt_about       text not null,
    salt_details     text not null,
    read_key         text
);
create unique index audit_waiting_read on audit_waiting (read_key) where read_key is not null;

-- The chain: one row for each linked row of audit_rows, only ever inserted.
-- No person stands here: marks are keyed hashes of ids, the digests are salted.
-- hash = SHA-256 of prev and of everything that is chained (see canonical.go).
create table audit_chain (
    seq         bigint primary key,
    row_id      text not null unique,
    actor_mark  text not null,
    object_mark text not null,
    who         text not null,
    about       text not null,
    details     text not null,
    prev        text not null,
    hash        text not null
);

-- The end of the chain, one row. seal signs the other three; erased_until is
-- how far the yearly erasure has come; alarm_since is when the alarm rose.
create table audit_head (
    id           integer primary key,
    seq          bigint not null,
    hash         text not null,
    at           bigint not null,
    seal         text not null,
    erased_until bigint not null default 0,
    alarm_since  bigint not null default 0
);

-- What was erased by rule: erasure is the id of the row of the log that tells
-- of it, whose object is the digest of this list. parts: w, a, d.
create table audit_erasures (
    erasure text not null,
    seq     bigint not null,
    parts   text not null,
    primary key (erasure, seq)
);
create index audit_erasures_seq on audit_erasures (seq);

-- Signed states of the chain, one an hour. No personal data; kept for ever.
create table audit_checkpoints (
    seq       bigint not null,
    at        bigint not null,
    head      text not null,
    erased    bigint not null,
    key       text not null,
    signature text not null,
    delivered boolean not null default false,
    primary key (seq, at)
);
