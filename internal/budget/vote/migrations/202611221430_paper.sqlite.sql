-- Where a pool stands with ballots on paper: open while they are typed, finished
-- when somebody who runs the edition has said that all of them lie in the box.
-- declared and ballots are then how many declarations spent a right and how many
-- ballots were typed; words explain a difference, and are published. Purpose:
-- budget.electors for finished_by, which is blanked with the electors; the numbers
-- are kept with the edition.
create table budget_paper_pools (
    edition     text not null,
    pool        text not null,
    state       text not null,
    declared    integer not null default 0,
    ballots     integer not null default 0,
    words       text not null default '',
    finished_by text not null default '',
    primary key (edition, pool)
);

-- Batches of mixed ballots on paper: a number, and who types them. secret is the
-- sealed key under which two typings are compared, destroyed ('') when the batch
-- lies in the box or was dropped. There is no time in a row. Purpose:
-- budget.electors for first, second and third, which are blanked with the electors;
-- the rest is kept with the edition.
create table budget_paper_batches (
    edition text not null,
    no      integer not null,
    pool    text not null,
    size    integer not null,
    state   text not null,
    secret  text not null,
    first   text not null default '',
    second  text not null default '',
    third   text not null default '',
    primary key (edition, no)
);

-- Ballots as they were typed: place in the batch, sealed at once with the key of
-- the edition, and a digest under the key of the batch that only tells whether two
-- typings of one place are the same. Not personal: nothing leads from a place in a
-- mixed batch to anybody. Deleted when the batch lies in the box or was dropped.
create table budget_paper_rows (
    edition text not null,
    batch   integer not null,
    n       integer not null,
    typing  integer not null,
    digest  text not null,
    sealed  blob not null,
    primary key (edition, batch, n, typing)
) without rowid;

-- The rights that declarations on paper have spent: they are counted whenever a
-- batch is typed, among all rights of a city. It tells nothing that the column way
-- does not tell.
create index budget_rights_paper on budget_rights (edition, pool) where way = 'paper';
