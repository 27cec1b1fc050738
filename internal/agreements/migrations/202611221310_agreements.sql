-- The register of agreements. About institutions; names by id who wrote an
-- entry. Purpose: agreements.register; the id is deleted as the law's number
-- agreements.keep says, the agreement itself is kept for good: it is a record.
create table agreements_agreements (
    id         text primary key,
    revision   bigint not null default 1,
    trace      text not null,
    kind       text not null,                 -- see Kind
    under_id   text not null default '',      -- framework above it
    title      text not null,
    title_key  text not null,
    number     text not null default '',
    words      text not null default '',
    source     text not null default '',
    signed_on  text not null default '',      -- YYYY-MM-DD, as all days here
    valid_from text not null default '',
    valid_to   text not null default '',      -- last day, '' for open
    state      text not null,                 -- draft, in_force, terminated
    ended_on   text not null default '',
    ended_why  text not null default '',
    created_by text not null default '',
    created_at bigint not null,
    changed_at bigint not null
);
create index agreements_agreements_list on agreements_agreements (state, title_key, id);
create index agreements_agreements_under on agreements_agreements (under_id, title_key, id);

-- The sides of an agreement. No personal data; kept with the agreement.
create table agreements_parties (
    id          text primary key,
    agreement   text not null references agreements_agreements (id),
    no          integer not null,
    institution text not null default '',     -- of the directory, '' when only named
    name        text not null,
    association boolean not null default false,
    ours        text not null default '',
    unique (agreement, no)
);
create index agreements_parties_institution on agreements_parties (institution, agreement);

-- Who signed, with the public function held then, as it stands on the paper.
-- Purpose: agreements.signatories; kept with the agreement, since it is a public
-- act in the exercise of a function.
create table agreements_signatories (
    agreement text not null references agreements_agreements (id),
    no        integer not null,
    party     integer not null,
    name      text not null,
    function  text not null,
    primary key (agreement, no)
);

-- The areas of cooperation. No personal data; kept with the agreement.
create table agreements_areas (
    id         text primary key,
    agreement  text not null references agreements_agreements (id),
    no         integer not null,
    title      text not null,
    words      text not null default '',
    valid_from text not null,
    valid_to   text not null default '',
    unique (agreement, no)
);

-- What the parties expect. No personal data; kept with the agreement.
create table agreements_outcomes (
    id        text primary key,
    agreement text not null references agreements_agreements (id),
    no        integer not null,
    words     text not null,
    grp       text not null default '',
    baseline  integer not null default 0,
    area      text not null default '',
    unique (agreement, no)
);

-- Changes of an agreement. No personal data; kept with the agreement.
create table agreements_annexes (
    id         text primary key,
    agreement  text not null references agreements_agreements (id),
    no         integer not null,
    signed_on  text not null,
    holds_from text not null,
    words      text not null,
    valid_to   text not null default '',
    unique (agreement, no)
);

-- The files of an agreement, by their id in platform/files. No personal data
-- here; a file goes when an officer takes it away.
create table agreements_attachments (
    file      text primary key,
    agreement text not null references agreements_agreements (id),
    title     text not null,
    added_at  bigint not null
);
create index agreements_attachments_agreement on agreements_attachments (agreement, added_at, file);

-- A party's wish to prolong an agreement. Names who said so, by id. Purpose:
-- agreements.register; the id is deleted as agreements.keep says.
create table agreements_proposals (
    id        text primary key,
    agreement text not null references agreements_agreements (id),
    party     text not null,
    until     text not null,
    words     text not null default '',
    by_person text not null default '',
    at        bigint not null,
    unique (agreement, party)
);
create index agreements_proposals_by on agreements_proposals (by_person, id);
