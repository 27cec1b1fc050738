-- One participatory budget with its rules. Holds the id of who made it (purpose:
-- budget.editions; taken out after the time of keeping). The edition itself is
-- public and kept as the record of a public decision.
create table budget_editions (
    id           text primary key,
    version      bigint not null default 1,
    trace        text not null,
    owner        text not null,              -- institution of the directory that runs it
    kind         text not null,              -- city, school, custom
    state        text not null,              -- draft, published, frozen, voting, closed, counted, final, archived, canceled
    title        text not null,
    title_key    text not null,
    year         integer not null,
    words        text not null default '',
    rules        text not null,              -- canonical JSON of Rules
    rules_hash   text not null default '',   -- SHA-256 of the document, hex
    document     text not null default '',   -- rules and ballots as they were frozen
    vote_from    bigint not null default 0,  -- copies of the calendar, for the clock
    vote_to      bigint not null default 0,
    canceled_why text not null default '',
    published_at bigint not null default 0,
    frozen_at    bigint not null default 0,
    opened_at    bigint not null default 0,
    closed_at    bigint not null default 0,
    counted_at   bigint not null default 0,
    final_at     bigint not null default 0,
    created_by   text not null default '',
    created_at   bigint not null,
    changed_at   bigint not null
);
create index budget_editions_year on budget_editions (year, id);
create index budget_editions_owner on budget_editions (owner, year, id);
create index budget_editions_opens on budget_editions (state, vote_from, id);
create index budget_editions_closes on budget_editions (state, vote_to, id);
create index budget_editions_created on budget_editions (created_by, id);
