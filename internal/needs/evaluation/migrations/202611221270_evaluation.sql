-- What is evaluated: a training (later: a meeting of a network) that is over.
-- The title is a copy for lists, renewed when a round opens. No personal data.
-- Kept as long as the releases about it are read.
create table needs_eval_subjects (
    kind        text not null,                -- see Kind
    id          text not null,
    center      text not null,                -- institution of the directory
    school_year integer not null,             -- of its end
    title       text not null,
    ended_at    bigint not null,
    ended_key   text not null,                -- the same as sixteen digits, for paging
    need        text not null default '',     -- that it answers
    trace       text not null default '',
    primary key (kind, id)
);
create index needs_eval_subjects_center on needs_eval_subjects (center, school_year, ended_key, id);

-- Who led it, with an account: they see what was published of it.
-- Purpose: needs.evaluation; deleted with the account, and as needs.keep says.
create table needs_eval_leaders (
    kind      text not null,
    subject   text not null,
    person    text not null,
    ended_key text not null,
    primary key (kind, subject, person)
);
create index needs_eval_leaders_person on needs_eval_leaders (person, ended_key, subject);
create index needs_eval_leaders_ended on needs_eval_leaders (ended_key, subject);

-- What is published together: one training, or several small ones of a center,
-- chosen by how many were asked and by the order in which they were asked. The
-- figures are those that a stored release shows. No personal data; kept as long
-- as the releases.
create table needs_eval_groups (
    id          text primary key,
    center      text not null,
    school_year integer not null,
    stage       text not null,                -- see Stage
    alone       boolean not null,             -- a training of its own
    state       text not null,                -- gathering, full, released
    rounds      integer not null default 0,
    waiting     integer not null default 0,   -- of them not closed yet
    roster      integer not null default 0,   -- people asked in all of them
    first_at    bigint not null,              -- when the first round opened
    released_at bigint not null default 0,
    answers     integer not null default 0,   -- as released, 0 where that is hidden
    figures     text not null default '',     -- JSON of what the releases show, see Figures
    low         boolean not null default false -- later use is low, see Judge
);
create index needs_eval_groups_open on needs_eval_groups (center, school_year, stage, state);
create index needs_eval_groups_due on needs_eval_groups (state, waiting, first_at, id);

-- One asking about one subject: right after, or weeks later. It becomes a round
-- of package survey when it opens. No personal data; kept with the subject.
create table needs_eval_rounds (
    id        text primary key,               -- also of the round of package survey
    kind      text not null,
    subject   text not null,
    stage     text not null,
    state     text not null,                  -- planned, open, closed, skipped
    due_at    bigint not null,                -- when the job looks at it next
    opens_at  bigint not null,
    closes_at bigint not null default 0,
    roster    integer not null default 0,     -- people asked; fixed at the opening
    grp       text not null default '',       -- group that it is published with
    why       text not null default '',       -- key of the reason why nobody was asked
    remarks_at bigint not null default 0,     -- when the center passed remarks on
    unique (kind, subject, stage)
);
create index needs_eval_rounds_due on needs_eval_rounds (state, due_at, id);
create index needs_eval_rounds_group on needs_eval_rounds (grp, id);

-- Which remarks the center did not pass on to those who led: a keyed digest of
-- the words, and no words. Purpose: none about a person; kept with the round.
create table needs_eval_withheld (
    round  text not null references needs_eval_rounds (id) on delete cascade,
    digest text not null,
    primary key (round, digest)
);

-- Sums of what was published, by center and school year: no group that is hidden
-- counts. No personal data.
create table needs_eval_years (
    center      text not null,
    school_year integer not null,
    stage       text not null,
    subjects    integer not null default 0,   -- whose figures are in the sum
    hidden      integer not null default 0,   -- whose are hidden
    answers     integer not null default 0,
    low         integer not null default 0,   -- subjects whose later use is low
    sums        text not null default '{}',   -- JSON by measure, see Sum
    primary key (center, school_year, stage)
);
create index needs_eval_years_year on needs_eval_years (school_year, stage, center);
