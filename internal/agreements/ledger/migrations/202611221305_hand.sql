-- Activities outside Kładka that somebody typed in or loaded from a sheet. Words
-- say where it is known from. by_person names who entered it, purpose
-- ledger.marks: the name goes with the account, the row stays with its facts.
create table ledger_hand (
    id          text primary key,
    title       text not null,
    words       text not null,
    form        text not null default '',
    topics      text not null default '',           -- ids joined by commas
    area        text not null default '',           -- said by who entered it, '' by the rules
    action      text not null default '',
    center      text not null default '',
    institution text not null,                      -- for which it was entered
    on_date     text not null,
    school_year integer not null,
    sheet       text not null default '',           -- the load it came with
    by_person   text not null default '',
    at          bigint not null
);
create index ledger_hand_by on ledger_hand (by_person, id);
create index ledger_hand_sheet on ledger_hand (sheet, id);
