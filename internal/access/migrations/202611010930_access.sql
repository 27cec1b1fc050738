-- People with an account. Deleted when: the account is closed and 24 months
-- have passed (design rule 10; the job comes with platform/privacy).
create table access_people (
    id         text primary key,
    name       text not null,
    sort_key   text not null,
    email      text not null,               -- as typed
    login      text not null unique,        -- small letters, for finding
    password   text not null default '',    -- argon2id, '' when there is none
    lang       text not null default 'pl',
    demo       boolean not null default false,
    created_at bigint not null,
    closed_at  bigint
);

-- Roles held: in an institution, or in the whole installation (institution '').
-- No foreign key to institutions: they are the directory's, which needs access.
create table access_roles (
    person      text not null references access_people (id),
    institution text not null default '',
    role        text not null,
    since       bigint not null,
    until       bigint,
    primary key (person, institution, role)
);
create index access_roles_institution on access_roles (institution, role);

-- Sessions by the hash of their token; deleted when they expire.
create table access_sessions (
    token      text primary key,
    data       text not null,
    expires_at bigint not null
);
create index access_sessions_expiry on access_sessions (expires_at);

-- One-time links, by the hash of their token: so far the first administrator's.
create table access_links (
    token      text primary key,
    purpose    text not null,
    expires_at bigint not null,
    used_at    bigint
);

-- Guesses per hash (without salt) of account or network, kept for an hour.
create table access_guesses (
    key     text not null,
    quarter bigint not null,                -- quarter of an hour since 1970
    n       integer not null,
    primary key (key, quarter)
);
