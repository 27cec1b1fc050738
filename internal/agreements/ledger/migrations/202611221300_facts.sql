-- Facts of the evidence ledger. Rows are added and never changed; what no
-- longer holds gets a row with the sign -1 that names it. Purpose ledger.facts:
-- person_key is a pseudonym of a school year, without a way back to the person
-- once access destroyed that year's key, and is blanked then (Freeze); by_person
-- names who typed a fact or took it back. Rows are kept as the ledger, for good.
create table ledger_facts (
    id            text primary key,
    key           text not null,
    version       bigint not null,
    sign          smallint not null,               -- 1 a fact, -1 a counter-fact
    counters      text not null default '',        -- of a counter-fact: the fact
    kind          text not null,
    source        text not null,                   -- 'event', 'hand', 'sheet'
    activity_kind text not null,
    activity      text not null,
    on_date       text not null,
    school_year   integer not null,
    institution   text not null default '',
    by_seat       text not null default '',
    by_running    text not null default '',
    grp           text not null,
    person_key    text not null default '',
    keyed         boolean not null,                -- had a key when it was taken
    people        integer not null,
    minutes       bigint not null,
    money         bigint not null,
    trace         text not null default '',
    by_person     text not null default '',
    reason        text not null default '',        -- of a counter-fact by hand: in words
    taken_at      bigint not null
);
create index ledger_facts_activity on ledger_facts (activity_kind, activity, id);
create index ledger_facts_year on ledger_facts (school_year, activity_kind, activity, id);
create index ledger_facts_by on ledger_facts (by_person, id);

-- Which fact holds for each key: none ('') when the last word was that it is
-- void. Holds no personal data; kept as long as the facts.
create table ledger_latest (
    key     text primary key,
    version bigint not null,
    fact    text not null default ''
);

-- What facts are about, as its source said last, with sums of the facts that
-- hold. No titles and no names: they are asked for. Kept as long as the facts.
create table ledger_activities (
    kind           text not null,
    id             text not null,
    form           text not null default '',
    topics         text not null default '',       -- ids joined by commas, as areas and actions
    areas          text not null default '',
    actions        text not null default '',
    center         text not null default '',
    on_date        text not null,
    school_year    integer not null,
    trace          text not null default '',
    facts          bigint not null default 0,
    participations bigint not null default 0,
    minutes        bigint not null default 0,
    held           bigint not null default 0,
    money          bigint not null default 0,
    primary key (kind, id)
);
create index ledger_activities_day on ledger_activities (on_date, kind, id);

-- In which scopes an activity counts and why. Derived from the activities,
-- rules and marks; made anew by Rebuild. No personal data.
create table ledger_places (
    kind        text not null,
    id          text not null,
    scope       text not null,
    owner       text not null default '',          -- of an area or action: agreement or plan
    ruleset     text not null default '',          -- the rule that led here, '' where none was needed
    rule        integer not null default 0,
    school_year integer not null,
    sort_key    text not null,                     -- the day without dashes
    primary key (kind, id, scope)
);
create index ledger_places_all on ledger_places (scope, sort_key, id);
create index ledger_places_year on ledger_places (scope, school_year, sort_key, id);

-- Marks of joint work, ended ones too. by_person and ended_by name who marked
-- it. Purpose ledger.marks; names go with the account, rows stay.
create table ledger_joint (
    id        text primary key,
    kind      text not null,
    activity  text not null,
    agreement text not null,
    since     text not null default '',
    by_person text not null default '',
    at        bigint not null,
    ended_by  text not null default '',
    ended_at  bigint not null default 0
);
create index ledger_joint_activity on ledger_joint (kind, activity, agreement);

-- School years: the row is what writers of a year queue behind. A frozen year
-- has no keys of people any more. No personal data; kept as the facts.
create table ledger_years (
    school_year integer primary key,
    taken       bigint not null default 0,
    frozen_at   bigint not null default 0
);

-- Rollups. by_what is 'all' (then town is ''), 'seat' or 'running'; grp '' is
-- everybody. Numbers only, no personal data; derived, made anew by Rebuild.
create table ledger_totals (
    scope               text not null,
    school_year         integer not null,
    by_what             text not null,
    town                text not null,
    grp                 text not null,
    facts               bigint not null,
    activities          bigint not null,
    participations      bigint not null,
    people              bigint not null,
    unknown             bigint not null,
    minutes             bigint not null,
    held                bigint not null,
    money               bigint not null,
    hand_facts          bigint not null,
    hand_activities     bigint not null,
    hand_participations bigint not null,
    hand_minutes        bigint not null,
    hand_held           bigint not null,
    hand_money          bigint not null,
    fresh_at            bigint not null,
    primary key (scope, school_year, by_what, town, grp)
);

-- How many facts of a scope each person has, to count people once. Purpose
-- ledger.facts (pseudonyms); deleted with the year's key, the counts stay.
create table ledger_heads (
    scope       text not null,
    school_year integer not null,
    person_key  text not null,
    by_seat     text not null,
    by_running  text not null,
    grp         text not null,
    n           bigint not null,
    primary key (scope, school_year, person_key, by_seat, by_running, grp)
);

-- How many facts each activity has from where, to count activities once. No
-- personal data; derived, made anew by Rebuild.
create table ledger_presence (
    kind        text not null,
    id          text not null,
    school_year integer not null,
    by_seat     text not null,
    by_running  text not null,
    grp         text not null,
    n           bigint not null,
    primary key (kind, id, school_year, by_seat, by_running, grp)
);

-- A version of the rules: an ordered list that holds from a day until the next
-- version begins. by_person names who made it, purpose ledger.marks; the name
-- goes with the account, versions stay for good.
create table ledger_rulesets (
    id         text primary key,
    valid_from text not null,
    words      text not null default '',           -- why it was changed
    by_person  text not null default '',
    at         bigint not null,
    progress   text not null default ''            -- of the work that applies it
);
create index ledger_rulesets_from on ledger_rulesets (valid_from, id);

-- The rules of a version. No personal data; kept as their version.
create table ledger_rules (
    ruleset text not null references ledger_rulesets (id) on delete cascade,
    no      integer not null,
    kind    text not null default '',              -- '' is any, as in the next three
    form    text not null default '',
    topic   text not null default '',
    center  text not null default '',
    area    text not null default '',
    action  text not null default '',
    primary key (ruleset, no)
);
