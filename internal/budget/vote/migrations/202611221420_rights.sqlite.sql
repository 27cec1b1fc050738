-- The key under which the marks of an edition are made, sealed with the keys of
-- the installation. Not personal. Destroyed ('') when the protests are over: from
-- then on no mark can be compared with anybody.
create table budget_mark_keys (
    edition      text primary key,
    sealed       text not null,
    made_at      bigint not null,
    destroyed_at bigint not null default 0
);

-- Who may vote. id is 128 random bits; person is an account, or ''; mark is an
-- HMAC over name, date of birth and address, or over the code of a slip, or '';
-- class is that of a roster. Purpose: budget.electors; person and mark are
-- blanked when the protests are over, or person when they are erased.
create table budget_electors (
    edition text not null,
    id      text not null,
    source  text not null,
    person  text not null default '',
    mark    text not null default '',
    class   text not null default '',
    primary key (edition, id)
) without rowid;
create unique index budget_electors_person on budget_electors (edition, person) where person <> '';
create unique index budget_electors_mark on budget_electors (edition, mark) where mark <> '';
create index budget_electors_source on budget_electors (edition, source, class);
create index budget_electors_of on budget_electors (person) where person <> '';

-- The rights of electors: way is online, slip or paper of spent ones, and void of
-- those that can never be spent. There is no time and no number in a row, and none
-- may be added. Not personal but through budget_electors; kept with the edition, as
-- numbers, once the electors are nobody's.
create table budget_rights (
    edition text not null,
    pool    text not null,
    elector text not null,
    spent   boolean not null default false,
    way     text not null default '',
    primary key (edition, pool, elector)
) without rowid;
create index budget_rights_elector on budget_rights (elector);

-- Boxes of printed slips, with what became of the slips that were left. person
-- and second are officers who act in office (purpose: budget.electors, blanked
-- when the protests are over). Kept with the edition.
create table budget_boxes (
    edition      text not null,
    no           integer not null,
    pools        text not null,               -- ids, divided by blanks
    printed      integer not null,
    printed_by   text not null,
    printed_at   bigint not null,
    state        text not null,               -- open, void (lost), settled
    left_over    integer not null default 0,  -- counted and destroyed
    settled_by   text not null default '',
    settled_with text not null default '',
    settled_at   bigint not null default 0,
    words        text not null default '',
    primary key (edition, no)
);

-- In which box a slip was put. Not personal: the elector is a slip. Deleted when
-- the protests are over.
create table budget_slips (
    edition text not null,
    elector text not null,
    box     integer not null,
    primary key (edition, elector)
) without rowid;
create index budget_slips_box on budget_slips (edition, box);

-- Who of a roster or a roll was given a slip; not which, and not when. Purpose:
-- budget.electors; deleted when the protests are over, or with the person.
create table budget_handed (
    edition text not null,
    elector text not null,
    primary key (edition, elector)
) without rowid;

-- Wrong codes and wrong claims, counted by quarters of an hour. place is a keyed
-- hash of a network or an account. Deleted after a day.
create table budget_tries (
    place   text not null,
    quarter bigint not null,
    n       integer not null,
    next_at bigint not null default 0,
    primary key (place, quarter)
);

-- Rolls that were read: whose file, how many rows, and whether they were put to
-- use. person is an officer who acts in office (purpose: budget.electors, blanked
-- when the protests are over). Kept with the edition.
create table budget_rolls (
    id      text primary key,
    edition text not null,
    state   text not null,                    -- waiting, taken (being put to use), used, dropped
    good    integer not null,
    bad     integer not null,
    doubles integer not null,
    person  text not null,
    at      bigint not null
);
create index budget_rolls_edition on budget_rolls (edition, id);

-- Rows of a roll that waits to be put to use: the mark and the pools. Purpose:
-- budget.electors; deleted when the roll is used or dropped, after a day at most.
create table budget_roll_rows (
    roll  text not null,
    mark  text not null,
    pools text not null,                      -- ids, divided by blanks
    primary key (roll, mark)
) without rowid;

-- Declarations of one's own: the words sealed with the keys of the installation
-- for the officers who check them, and keyed marks for likely doubles. Purpose: budget.electors; deleted when the
-- protests are over, or with the person.
create table budget_declared (
    edition text not null,
    elector text not null,
    person  text not null,
    sealed  text not null,
    same_name text not null,                  -- HMAC over name and date of birth
    same_home text not null,                  -- HMAC over date of birth and address
    state   text not null,                    -- given, confirmed, refused
    drawn   boolean not null default false,
    first   text not null default '',         -- officer who looked first, with the finding
    finding text not null default '',
    second  text not null default '',
    words   text not null default '',
    at      bigint not null,
    primary key (edition, elector)
);
create index budget_declared_name on budget_declared (edition, same_name);
create index budget_declared_home on budget_declared (edition, same_home);
create index budget_declared_person on budget_declared (person) where person <> '';

-- How many declarations came from one address or one mailbox: mark is an HMAC.
-- Purpose: budget.electors; deleted when the protests are over.
create table budget_limits (
    edition text not null,
    mark    text not null,
    n       integer not null,
    primary key (edition, mark)
) without rowid;
