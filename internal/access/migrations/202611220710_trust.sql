-- Sessions say whose they are, so that a person can see and end them. Those
-- that stand end with the upgrade.
-- Purpose: signing in. Deleted when they expire, at most 12 hours later.
drop table access_sessions;
create table access_sessions (
    token      text primary key,            -- hash of the cookie
    id         text not null,               -- named in the list of sessions
    person     text not null,               -- '' before signing in
    data       text not null,               -- JSON, see sessions.go
    device     text not null default '',    -- "Firefox, Windows"
    begun_at   bigint not null,
    seen_at    bigint not null,             -- to ten minutes
    expires_at bigint not null
);
create index access_sessions_expiry on access_sessions (expires_at);
create index access_sessions_person on access_sessions (person);

-- version is raised with every change of what the person may do, hat is the
-- key of the hat worn last. People without an address (pupils with a printed
-- card) have the login '#' and their id, which no address can be.
alter table access_people add column version bigint not null default 0;
alter table access_people add column hat text not null default '';

alter table access_roles add column granted_by text not null default '';
create index access_roles_role on access_roles (role, person);

-- Acting for somebody, with a written scope and an end.
-- Purpose: to show whose act it was. Deleted 24 months after its end.
create table access_proxies (
    id          text primary key,
    principal   text not null references access_people (id),
    agent       text not null references access_people (id),
    institution text not null,
    role        text not null,              -- of the principal, in whose place the agent acts
    scope       text not null,              -- in words, as signed
    since       bigint not null,
    until       bigint not null,
    made_by     text not null,
    made_at     bigint not null,
    ended_at    bigint
);
create index access_proxies_agent on access_proxies (agent);
create index access_proxies_principal on access_proxies (principal);
