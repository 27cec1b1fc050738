-- The support of one school by a center through a school year. Its words are
-- about the school. Names by id who works with the school for the center and who
-- began it. Purpose: needs.support; the ids are deleted as the law's number
-- support.keep says, the matter itself stays: a report needs it.
create table needs_support_processes (
    id                text primary key,
    revision          bigint not null default 1,
    trace             text not null,
    slot              text not null unique,          -- school, center and year while it stands, the own id when dropped
    school            text not null,
    school_key        text not null,                 -- sort key of its name when the process began
    head_unit         text not null default '',      -- unit under whose head the school stands
    center            text not null,
    person            text not null default '',      -- who works with the school for the center
    school_year       integer not null,
    year_ends         bigint not null,               -- UTC seconds
    state             text not null,                 -- see State
    ways              text not null default '',      -- agreed ways of acting
    goals             text not null default '',
    conclusions       text not null default '',
    diagnosis_version integer not null default 1,
    diagnosis_agreed  integer not null default 0,    -- version to which both sides agreed
    plan_version      integer not null default 1,
    plan_agreed       integer not null default 0,
    effects_version   integer not null default 1,
    effects_agreed    integer not null default 0,
    reason            text not null default '',      -- why it was dropped
    begun_by          text not null default '',
    begun_side        text not null,
    created_at        bigint not null,
    changed_at        bigint not null
);
create index needs_support_processes_school on needs_support_processes (school, school_year, school_key, id);
create index needs_support_processes_head on needs_support_processes (head_unit, school_year, school_key, id);
create index needs_support_processes_center on needs_support_processes (center, school_year, school_key, id);
create index needs_support_processes_year on needs_support_processes (school_year, center, id);
create index needs_support_processes_ends on needs_support_processes (year_ends, id);

-- The needs found in a school, and what became of each. About a school; no
-- personal data. Kept with the process.
create table needs_support_needs (
    id        text primary key,
    process   text not null references needs_support_processes (id),
    no        integer not null,
    topic     text not null default '',              -- of the vocabulary, or else the words
    words     text not null default '',
    source    text not null,                         -- see Source
    grounds   text not null default '',              -- what shows the need
    ranked    text not null default '',              -- need of a campaign it was taken from
    effect    text not null default '',              -- see Effect
    remark    text not null default '',              -- what shows the effect
    unique (process, no)
);

-- The forms of work of the yearly plan. No personal data: who leads is a role or
-- an institution. Kept with the process.
create table needs_support_forms (
    id        text primary key,
    process   text not null references needs_support_processes (id),
    no        integer not null,
    since     integer not null,                      -- version of the plan that brought it
    kind      text not null,                         -- see Work
    title     text not null,
    leader    text not null,
    due       text not null,                         -- YYYY-MM-DD
    hours     integer not null,                      -- lesson hours
    indicator text not null,                         -- by what its effect is seen
    training  text not null default '',              -- of the catalog
    state     text not null,                         -- planned, held, dropped
    done_on   text not null default '',              -- YYYY-MM-DD
    people    integer not null default 0,            -- who took part
    reason    text not null default '',              -- why it was dropped
    unique (process, no)
);

-- Which needs a form answers. No personal data; kept with the process.
create table needs_support_answers (
    form text not null references needs_support_forms (id) on delete cascade,
    need text not null references needs_support_needs (id) on delete cascade,
    primary key (form, need)
);
create index needs_support_answers_need on needs_support_answers (need, form);

-- What each side said to a version of the diagnosis, the plan or the effects.
-- Names who said it, by id. Purpose: needs.support; the id is deleted as the
-- law's number support.keep says.
create table needs_support_consents (
    process text not null references needs_support_processes (id),
    what    text not null,                           -- diagnosis, plan, effects
    version integer not null,
    side    text not null,                           -- school, center
    agrees  boolean not null,
    words   text not null default '',                -- what should be changed, when it does not agree
    person  text not null default '',
    at      bigint not null,
    primary key (process, what, version, side)
);
create index needs_support_consents_person on needs_support_consents (person, process);

-- Plans as both sides agreed to them, whole. No personal data; kept with the process.
create table needs_support_plans (
    process text not null references needs_support_processes (id),
    version integer not null,
    body    text not null,                           -- JSON, see Sheet
    at      bigint not null,
    primary key (process, version)
);
