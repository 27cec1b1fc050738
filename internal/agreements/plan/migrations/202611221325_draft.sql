-- A version of the text of a plan. Not personal but for the id of who began it,
-- which goes after the time of plan.keep. The text is kept with the plan.
create table plan_versions (
    id         text primary key,
    plan       text not null references plan_plans (id),
    no         integer not null,
    revision   bigint not null default 1,
    state      text not null,                -- see VersionState
    words      text not null default '',     -- what is new in it
    until_on   text not null default '',     -- last day for remarks
    remarks    integer not null default 0,
    unanswered integer not null default 0,   -- of them; a version is closed to changes while there are any
    created_by text not null default '',
    created_at bigint not null,
    changed_at bigint not null
);
create unique index plan_versions_no on plan_versions (plan, no);
create index plan_versions_until on plan_versions (state, until_on, id);
create index plan_versions_by on plan_versions (created_by, id);

-- The paragraphs of a version. A paragraph keeps its key from version to version
-- as long as it is recognizably the same. Not personal, kept with the plan.
create table plan_paragraphs (
    version  text not null references plan_versions (id),
    no       integer not null,
    para_key text not null,
    heading  boolean not null default false,
    words    text not null,
    primary key (version, no)
);
create unique index plan_paragraphs_key on plan_paragraphs (version, para_key);

-- What municipalities and experts said of a paragraph, and the answer. Names who
-- wrote both, by id. Purpose: plan.remarks; the ids go after the time of
-- plan.keep, what an institution said stays with the plan.
create table plan_remarks (
    id           text primary key,
    revision     bigint not null default 1,
    plan         text not null references plan_plans (id),
    version      text not null references plan_versions (id),
    para_key     text not null,
    institution  text not null,              -- for which it was said
    town         text not null default '',   -- of a municipality's office, six digits
    expert       boolean not null default false,
    by_person    text not null default '',
    words        text not null,
    wording      text not null default '',   -- how the paragraph should read instead
    at           bigint not null,
    answer       text not null default '',   -- taken, partly, not; '' waits
    answer_words text not null default '',
    answered_by  text not null default '',
    answered_at  bigint not null default 0
);
create index plan_remarks_version on plan_remarks (version, id);
create index plan_remarks_key on plan_remarks (plan, para_key, id);
create index plan_remarks_by on plan_remarks (by_person, id);
create index plan_remarks_answered on plan_remarks (answered_by, id);

-- When a municipality adopted a final version, and by which act. Names who typed
-- it in, by id, which goes after the time of plan.keep; the rest is kept.
create table plan_adoptions (
    version     text not null references plan_versions (id),
    town        text not null,               -- six digits
    revision    bigint not null default 1,
    adopted_on  text not null,
    number      text not null,               -- of the resolution or order
    body        text not null,               -- council, executive
    institution text not null,               -- that typed it in
    by_person   text not null default '',
    at          bigint not null,
    primary key (version, town)
);
create index plan_adoptions_by on plan_adoptions (by_person, version, town);
