-- A project of an edition. Names the proposer, and who noted the decision, by
-- id (purpose: budget.projects; both go with the account or after the time of
-- keeping). The project itself is public from its filing and kept as the record
-- of a public decision; a draft that was never filed goes with its edition's
-- filing.
create table budget_projects (
    id            text primary key,
    version       bigint not null default 1,
    trace         text not null,
    edition       text not null references budget_editions (id),
    pool          text not null,                -- of the rules of the edition
    state         text not null,                -- see ProjectStates
    number        integer not null default 0,   -- within the edition, from 1; 0 of a draft
    title         text not null,
    title_key     text not null,
    words         text not null default '',
    category      text not null default '',     -- see Categories
    place         text not null default '',     -- in words
    lat           bigint not null default 0,    -- millionths of a degree, 0 and 0: none
    lon           bigint not null default 0,
    cost          bigint not null default 0,    -- grosze, the sum of its items
    proposer      text not null default '',
    institution   text not null default '',     -- of the proposer, when one was worn; for impartiality alone, never shown
    pupil         boolean not null default false, -- proposed by a pupil: the name is never shown
    named         boolean not null default false, -- the proposer agreed to be named in public
    signed        integer not null default 0,   -- signatures given here
    counted       integer not null default 0,   -- signatures counted on paper
    support_until bigint not null default 0,
    filed_at      bigint not null default 0,
    fix           text not null default '',     -- what the proposer is asked to mend
    fix_until     bigint not null default 0,
    verdict       text not null default '',     -- accepted or rejected, noted and not published yet
    code          text not null default '',     -- of a rejection, see Codes
    reason        text not null default '',
    checked       boolean not null default false, -- its form was found right
    decided_by    text not null default '',
    decided_at    bigint not null default 0,
    published_at  bigint not null default 0,
    protest_until bigint not null default 0,
    merged_into   text not null default '',
    ballot_order  integer not null default 0,   -- drawn, from 1
    created_at    bigint not null,
    changed_at    bigint not null
);
create index budget_projects_list on budget_projects (edition, title_key, id);
create index budget_projects_pool on budget_projects (edition, pool, state, ballot_order, id);
create index budget_projects_state on budget_projects (state, support_until, id);
create index budget_projects_proposer on budget_projects (proposer, id);
create index budget_projects_decided on budget_projects (decided_by, id);
create index budget_projects_merged on budget_projects (merged_into, id);

-- What a project costs, item by item. No personal data; goes with the project.
create table budget_project_items (
    project text not null references budget_projects (id),
    no      integer not null,
    name    text not null,
    amount  bigint not null,                    -- grosze
    source  text not null default '',           -- from where the price is known
    primary key (project, no)
);

-- Steps of a project, as its page tells them. No names; go with the project.
create table budget_project_steps (
    project text not null references budget_projects (id),
    version bigint not null,                    -- of the project after the step
    what    text not null,
    words   text not null default '',
    at      bigint not null,
    primary key (project, version)
);

-- Who signed the support of a project. Purpose: budget.projects. Nobody sees the
-- names but the person; a row goes with the account or after the time of keeping.
create table budget_project_signatures (
    project text not null references budget_projects (id),
    person  text not null,
    at      bigint not null,
    primary key (project, person)
);
create index budget_project_signatures_person on budget_project_signatures (person, project);

-- Lists of support signed on paper and counted by the office. The scan is kept
-- by package files under the same project. Names who counted by id (purpose:
-- budget.projects, taken out after the time of keeping).
create table budget_project_lists (
    id         text primary key,
    project    text not null references budget_projects (id),
    file       text not null default '',
    valid      integer not null,                -- signatures that count
    refused    integer not null default 0,      -- signatures that do not
    counted_by text not null default '',
    at         bigint not null
);
create index budget_project_lists_project on budget_project_lists (project, id);
create index budget_project_lists_counted on budget_project_lists (counted_by, id);

-- Who watches a project. Purpose: budget.projects; a row goes when the person
-- stops watching, with the account or after the time of keeping.
create table budget_project_watchers (
    project text not null references budget_projects (id),
    person  text not null,
    at      bigint not null,
    primary key (project, person)
);
create index budget_project_watchers_person on budget_project_watchers (person, project);

-- Opinions of valuators about the merits of a project. Purpose: budget.projects;
-- who it was goes with the account or after the time of keeping, the opinion
-- stays with the project.
create table budget_project_opinions (
    id       text primary key,
    project  text not null references budget_projects (id),
    valuator text not null default '',
    verdict  text not null default '',          -- '' asked for, then yes, changes or no
    cost     bigint not null default 0,         -- grosze, as the valuator reckons it; 0 not said
    words    text not null default '',
    asked_at bigint not null,
    given_at bigint not null default 0
);
create unique index budget_project_opinions_once on budget_project_opinions (project, valuator) where valuator <> '';
create index budget_project_opinions_valuator on budget_project_opinions (valuator, given_at, id);

-- The protest of a proposer against a rejection. Names who decided by id
-- (purpose: budget.projects, taken out after the time of keeping); the words of
-- the protest are public with the project from the decision about it.
create table budget_project_protests (
    project    text not null references budget_projects (id),
    round      bigint not null,                 -- version of the project when it was protested for
    words      text not null,
    filed_at   bigint not null,
    hearing_at bigint not null default 0,
    hearing_in text not null default '',        -- place of the hearing, in words
    opinion    text not null default '',        -- of the council of the budget
    opinion_at bigint not null default 0,
    decision   text not null default '',        -- restored or upheld
    reason     text not null default '',
    decided_by text not null default '',
    decided_at bigint not null default 0,
    primary key (project, round)
);
create index budget_project_protests_decided on budget_project_protests (decided_by, project);
