-- A plan for the quality of education, of some school years. Not personal but
-- for the id of who wrote it, which goes after the time of plan.keep. The plan
-- itself is kept: it is a public document.
create table plan_plans (
    id         text primary key,
    revision   bigint not null default 1,
    trace      text not null,
    owner      text not null default '',     -- institution that runs it: the association
    title      text not null,
    title_key  text not null,
    words      text not null default '',
    year_from  integer not null,             -- first school year, the integer of its September
    year_to    integer not null,
    state      text not null,                -- drafting, adopted, closed
    created_by text not null default '',
    created_at bigint not null,
    changed_at bigint not null
);
create index plan_plans_state on plan_plans (state, year_from, id);

-- The areas of a plan, in the order of its paper. Not personal, kept with the plan.
create table plan_areas (
    id    text primary key,
    plan  text not null references plan_plans (id),
    no    integer not null,
    title text not null,
    words text not null default ''
);
create unique index plan_areas_no on plan_areas (plan, no);

-- What a plan wants to reach, in plain words for everybody. Not personal, kept
-- with the plan.
create table plan_goals (
    id       text primary key,
    revision bigint not null default 1,
    plan     text not null references plan_plans (id),
    area     text not null default '',
    no       integer not null,
    title    text not null,
    words    text not null default '',
    theme    text not null default ''
);
create unique index plan_goals_no on plan_goals (plan, no);

-- Themes that cut across goals, actions and indicators, beside those that the
-- program itself names. Not personal, kept.
create table plan_themes (
    id        text primary key,
    title     text not null,
    title_key text not null,
    words     text not null default ''
);

-- What is to be done. Not personal, kept with the plan.
create table plan_actions (
    id         text primary key,
    revision   bigint not null default 1,
    trace      text not null,
    plan       text not null references plan_plans (id),
    area       text not null default '',
    goal       text not null default '',
    no         integer not null,
    code       text not null,                -- named by formulas: A1
    title      text not null,
    words      text not null default '',
    kind       text not null,                -- mandatory, optional, flagship
    state      text not null,                -- proposed, adopted, in_progress, done, dropped
    owner      text not null default '',     -- institution that answers for it
    theme      text not null default '',
    valid_from text not null default '',     -- day from which facts count; "" from the start of the plan
    valid_to   text not null default '',     -- last day; "" to the end of the plan
    board_no   text not null default '',     -- decision of the board that a mandatory action was dropped by
    board_on   text not null default '',
    changed_at bigint not null
);
create unique index plan_actions_code on plan_actions (plan, code);
create index plan_actions_goal on plan_actions (goal, no);

-- How an action came to its state. Names who did it by id, which goes after the
-- time of plan.keep; the step stays.
create table plan_action_steps (
    action    text not null references plan_actions (id),
    no        bigint not null,               -- revision of the action that the step made
    state     text not null,
    words     text not null default '',
    board_no  text not null default '',
    by_person text not null default '',
    at        bigint not null,
    primary key (action, no)
);
create index plan_action_steps_person on plan_action_steps (by_person, action, no);

-- What is measured. Not personal, kept with the plan.
create table plan_indicators (
    id            text primary key,
    plan          text not null references plan_plans (id),
    action        text not null default '',
    goal          text not null default '',
    code          text not null,             -- named by formulas: W1
    version       bigint not null default 1,
    title         text not null,
    unit          text not null,
    words         text not null default '',
    baseline      text not null default '',  -- exact decimal, "" when unknown
    baseline_year integer not null default 0,
    target        text not null default '',
    target_year   integer not null default 0,
    down          boolean not null default false, -- the less the better
    way           text not null,             -- formula, entered
    formula       text not null default '',
    asked         text not null default '',  -- towns: every member municipality enters its own; owner: the owner enters one
    adds          boolean not null default false, -- readings of municipalities and of half-years add up
    source        text not null default '',  -- where the figure is from, in words
    frequency     text not null,             -- yearly, half-yearly
    owner         text not null default '',  -- institution that answers for the figure
    theme         text not null default '',
    changed_at    bigint not null
);
create unique index plan_indicators_code on plan_indicators (plan, code);
create index plan_indicators_action on plan_indicators (action, code);
create index plan_indicators_goal on plan_indicators (goal, code);

-- Every version that an indicator had: what it said, who changed it, why. The id
-- of the person goes after the time of plan.keep; the version stays.
create table plan_indicator_versions (
    indicator text not null references plan_indicators (id),
    version   bigint not null,
    body      text not null,                 -- the indicator as JSON
    words     text not null default '',      -- why it was changed
    by_person text not null default '',
    at        bigint not null,
    primary key (indicator, version)
);
create index plan_indicator_versions_person on plan_indicator_versions (by_person, indicator, version);

-- Values that institutions entered, of a municipality or of the whole. Names who
-- entered and who approved by id; both go after the time of plan.keep, the value
-- stays.
create table plan_readings (
    id          text primary key,
    revision    bigint not null default 1,
    indicator   text not null references plan_indicators (id),
    town        text not null default '',    -- six digits; "" the whole
    school_year integer not null,
    half        integer not null default 0,  -- 1 or 2 of a half-yearly indicator, 0 the whole year
    value       text not null,               -- exact decimal
    note        text not null default '',    -- source and remarks
    institution text not null,               -- that entered it
    state       text not null,               -- entered, approved, returned, replaced
    reason      text not null default '',    -- of the return
    by_person   text not null default '',
    at          bigint not null,
    decided_by  text not null default '',
    decided_at  bigint not null default 0,
    slot        text not null unique         -- one waits for a place, time and institution; one is approved for a place and time
);
create index plan_readings_place on plan_readings (indicator, school_year, half, town);
create index plan_readings_office on plan_readings (institution, state, id);
create index plan_readings_state on plan_readings (state, at, id);
create index plan_readings_by on plan_readings (by_person, id);
create index plan_readings_decided on plan_readings (decided_by, id);
