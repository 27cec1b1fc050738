-- Offers to merge two projects. Names who offered by id, and holds words that
-- the two proposers and those who run the edition read (purpose:
-- budget.projects; the id goes with the account or after the time of keeping).
create table budget_merges (
    id           text primary key,
    project      text not null references budget_projects (id), -- goes
    into_project text not null references budget_projects (id), -- stays and takes it in
    offered_for  text not null,                 -- the one of the two whose proposer offered
    items        boolean not null default false, -- costs of the first are added to the second
    words        text not null default '',
    offered_by   text not null default '',
    offered_at   bigint not null,
    answer       text not null default '',      -- '' waits; yes, no, withdrawn, void
    answered_at  bigint not null default 0
);
create unique index budget_merges_waiting on budget_merges (project, into_project) where answer = '';
create index budget_merges_project on budget_merges (project, id);
create index budget_merges_into on budget_merges (into_project, id);
create index budget_merges_offered on budget_merges (offered_by, id);

-- What proposers say for their projects before the vote. Public words, no names;
-- goes with the project.
create table budget_campaigns (
    project    text primary key references budget_projects (id),
    slogan     text not null default '',
    words      text not null default '',
    down_why   text not null default '',        -- taken down because it broke the rules
    changed_at bigint not null
);

-- Pictures of campaigns and of works, with the words for those who do not see
-- them. The file is kept by package files. No personal data of its own; goes
-- with the project.
create table budget_pictures (
    file      text primary key,
    project   text not null references budget_projects (id),
    milestone text not null default '',         -- '' is of the campaign
    alt       text not null
);
create index budget_pictures_project on budget_pictures (project, milestone, file);

-- What happened to a chosen project until it was delivered. Names who noted it
-- by id (purpose: budget.projects, taken out after the time of keeping).
create table budget_milestones (
    id       text primary key,
    project  text not null references budget_projects (id),
    kind     text not null,                     -- started, step, delay, delivered
    day      text not null,
    words    text not null,
    spent    bigint not null default 0,         -- grosze, in all until that day
    due      text not null default '',          -- day until which it is to be delivered, as was said then
    noted_by text not null default '',
    at       bigint not null
);
create index budget_milestones_project on budget_milestones (project, id);
create index budget_milestones_noted on budget_milestones (noted_by, id);

-- Prices that the office or the secretary keeps for those who reckon a project.
-- Names who noted one by id (purpose: budget.editions, taken out after the time
-- of keeping). A price goes when it is taken off the list.
create table budget_prices (
    id       text primary key,
    edition  text not null references budget_editions (id),
    name     text not null,
    name_key text not null,
    unit     text not null,
    amount   bigint not null,                   -- grosze of one unit
    source   text not null,
    day      text not null,                     -- on which the price was seen
    noted_by text not null default '',
    at       bigint not null
);
create index budget_prices_list on budget_prices (edition, name_key, id);
create index budget_prices_noted on budget_prices (noted_by, id);
