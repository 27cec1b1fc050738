-- Invitations: who is asked to take a role, by whom. The address is that of
-- somebody who has no account perhaps, so it goes with the row.
-- Purpose: letting people in. Deleted 30 days after the end.
create table access_invitations (
    id          text primary key,
    token       text not null unique,       -- hash of the link's secret
    name        text not null,
    login       text not null,              -- address in small letters
    lang        text not null,
    role        text not null,
    institution text not null,              -- '' for the whole installation
    role_until  bigint,                     -- end of the role, when it has one
    inviter     text not null references access_people (id),
    prepared_by text not null default '',   -- who prepared it for the inviter
    state       text not null,              -- open, accepted, withdrawn
    made_at     bigint not null,
    expires_at  bigint not null,
    settled_at  bigint,
    person      text not null default ''    -- who accepted
);
create index access_invitations_institution on access_invitations (institution, id);
create index access_invitations_login on access_invitations (login);
create index access_invitations_expiry on access_invitations (expires_at);

-- Who says "I work here" and waits for the head's word.
-- Purpose: confirming staff. Deleted 30 days after the decision.
create table access_claims (
    id          text primary key,
    person      text not null references access_people (id),
    institution text not null,
    role        text not null,
    made_at     bigint not null,
    state       text not null,              -- open, confirmed, refused, withdrawn
    decided_by  text not null default '',
    decided_at  bigint
);
create index access_claims_institution on access_claims (institution, state, id);
create unique index access_claims_once on access_claims (person, institution, role) where state = 'open';

-- What somebody prepared in the head's name and what binds only when the head
-- approves. The payload holds what is to be done, as JSON.
-- Purpose: office work. Deleted 24 months after the decision.
create table access_acts (
    id          text primary key,
    institution text not null,
    kind        text not null,
    payload     text not null,
    prepared_by text not null references access_people (id),
    prepared_at bigint not null,
    state       text not null,              -- waiting, approved, refused
    decided_by  text not null default '',
    decided_at  bigint,
    reason      text not null default ''
);
create index access_acts_institution on access_acts (institution, state, id);

-- Words of names, in hex as in the directory, for finding people by the
-- beginnings of words. Goes with the person.
create table access_words (
    word   text not null,
    person text not null references access_people (id),
    primary key (word, person)
);
create index access_words_person on access_words (person);
create index access_people_order on access_people (sort_key, id);
