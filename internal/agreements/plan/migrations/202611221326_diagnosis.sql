-- Something measured, from inside or outside of Kładka, on which findings rest:
-- exam results, needs that were declared, the register, public statistics. Not
-- personal but for the id of who entered it, which goes after the time of
-- plan.keep. Kept with the plan.
create table plan_sources (
    id         text primary key,
    plan       text not null references plan_plans (id),
    revision   bigint not null default 1,
    kind       text not null,                -- see SourceKind
    title      text not null,
    title_key  text not null,
    unit       text not null default '',
    publisher  text not null default '',     -- whose figures these are
    link       text not null default '',
    period     text not null,                -- of the years: school, calendar
    own_key    text not null default '',     -- which figures of our own these are
    words      text not null default '',     -- how they were counted, what they leave out
    taken_on   text not null default '',     -- the day of which the figures are
    figures    integer not null default 0,
    by_person  text not null default '',
    changed_at bigint not null
);
create index plan_sources_plan on plan_sources (plan, title_key, id);
create index plan_sources_by on plan_sources (by_person, id);

-- The readings of a source: one for a year and a municipality, or the whole.
-- Not personal, kept with the source.
create table plan_figures (
    source text not null references plan_sources (id) on delete cascade,
    town   text not null default '',         -- six digits; '' the whole
    year   integer not null,                 -- of a school year its September
    value  text not null,                    -- exact decimal
    note   text not null default '',
    primary key (source, town, year)
);

-- What was found out. Not personal but for the id of who wrote it, which goes
-- after the time of plan.keep. Kept with the plan.
create table plan_findings (
    id         text primary key,
    plan       text not null references plan_plans (id),
    revision   bigint not null default 1,
    no         integer not null,
    title      text not null,
    words      text not null default '',
    theme      text not null default '',
    by_person  text not null default '',
    changed_at bigint not null
);
create unique index plan_findings_no on plan_findings (plan, no);
create index plan_findings_by on plan_findings (by_person, id);

-- The figures that a finding rests on, as they were when it was written. Not
-- personal, kept with the finding.
create table plan_finding_figures (
    finding text not null references plan_findings (id) on delete cascade,
    source  text not null references plan_sources (id),
    town    text not null default '',
    year    integer not null,
    value   text not null,
    primary key (finding, source, town, year)
);
create index plan_finding_figures_source on plan_finding_figures (source, finding);

-- The goals that follow from a finding. Not personal, kept with the finding.
create table plan_finding_goals (
    finding text not null references plan_findings (id) on delete cascade,
    goal    text not null references plan_goals (id),
    primary key (finding, goal)
);
create index plan_finding_goals_goal on plan_finding_goals (goal, finding);
