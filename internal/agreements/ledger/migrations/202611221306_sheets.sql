-- Sheets of facts that wait for a decision. Rows are JSON, as they were read;
-- they are emptied when the sheet was taken. by_person names who brought it,
-- purpose ledger.marks. A sheet that nobody took is deleted after a week, one
-- that was taken stays with its facts, without the rows.
create table ledger_sheets (
    id          text primary key,
    institution text not null,
    name        text not null,
    rows_json   text not null,
    good        integer not null,
    bad         integer not null,
    taken_at    bigint not null default 0,
    by_person   text not null default '',
    at          bigint not null
);
create index ledger_sheets_by on ledger_sheets (by_person, id);
create index ledger_sheets_at on ledger_sheets (taken_at, at, id);
