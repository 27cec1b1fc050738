-- Where the count of an edition stands: sealed, opened, differs, counted, final,
-- destroyed. run is the opening that is at work (its progress) and run_at when it
-- last moved; checked_at is when the envelopes were opened once more after a protest,
-- and checked_same whether the same ballots were in them. Not personal; held_why are words of an officer about a protest and
-- name nobody. Kept with the edition.
create table budget_openings (
    edition      text primary key,
    state        text not null,
    run          text not null default '',
    run_at       bigint not null default 0,
    opened_at    bigint not null default 0,
    counted_at   bigint not null default 0,
    held_at      bigint not null default 0,
    held_why     text not null default '',
    checked_at   bigint not null default 0,
    checked_same boolean not null default false,
    final_at     bigint not null default 0,
    destroyed_at bigint not null default 0,
    destroyed    integer not null default 0
);
create index budget_openings_state on budget_openings (state, edition);

-- What was found in the box of a pool and what came of the count: numbers, the
-- outcome as canonical JSON and why each project won or lost, with the SHA-256 of
-- the outcome by both implementations and of the file of ballots. Not personal:
-- totals. Kept with the edition.
create table budget_counts (
    edition      text not null,
    pool         text not null,
    turnout      text not null,
    envelopes    integer not null,
    copies       integer not null,
    unreadable   integer not null,
    invalid      integer not null,
    valid        integer not null,
    outcome      text not null default '',
    outcome_hash text not null default '',
    plain_hash   text not null default '',
    file_hash    text not null default '',
    reasons      text not null default '',
    primary key (edition, pool)
);
