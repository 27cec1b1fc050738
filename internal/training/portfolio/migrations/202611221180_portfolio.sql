-- Papers from other providers that a person put into the own portfolio, and what
-- the head said who saw the original. Purpose: the person's own record of
-- training. It is the person's, not the school's: it moves along to another
-- school and is deleted by the person or with the account.
create table training_portfolio (
    id          text primary key,
    person      text not null,             -- whose it is
    revision    bigint not null default 1,
    school_year integer not null,          -- of the day below
    title       text not null,
    issuer      text not null,             -- who held it and gave the paper
    form        text not null,             -- see Forms
    hours       integer not null,          -- lesson hours
    done_on     text not null,             -- YYYY-MM-DD
    scan        text not null default '',  -- of platform/files
    state       text not null default '',  -- '' the person's own word, asked, confirmed, refused
    ask         text not null default '',  -- id of the asking: sorts by time
    ask_at      text not null default '',  -- institution whose head is asked, or decided
    ask_head    text not null default '',  -- the unit that leads its group
    asked_at    bigint not null default 0,
    place       text not null default '',  -- name of that institution on the day of the decision
    decided_by  text not null default '',  -- person
    decided_role text not null default '',
    decided_at  bigint not null default 0,
    reason      text not null default '',  -- words of the head
    created_at  bigint not null,
    changed_at  bigint not null
);
create index training_portfolio_person on training_portfolio (person, school_year, id);
create index training_portfolio_asked on training_portfolio (ask_at, state, ask);
create index training_portfolio_head on training_portfolio (ask_head, state, ask);

-- Private notes "what I used of it". Purpose: the person's own memory; nobody
-- else reads them. Sealed. Deleted by the person or with the account.
create table training_portfolio_notes (
    person     text not null,
    item       text not null,              -- key of the item: its kind and id
    sealed     text not null,
    revision   bigint not null default 1,
    changed_at bigint not null,
    primary key (person, item)
);
