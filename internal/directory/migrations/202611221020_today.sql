-- Which source stated the point: the shape of a file, 'correction', 'hand' or 'demo';
-- '' without a point. Of the files read so far only one shape had points.
alter table directory_institutions add column point_source text not null default '';
update directory_institutions set point_source = 'smk-2022' where lat is not null and origin = 'register';
update directory_institutions set point_source = origin where lat is not null and origin <> 'register';

-- What people say against the register, one row a field. was is what the
-- register (or the row, outside it) said when it was proposed, registered what it
-- says now: when both differ and registered is not ours, the two clash and a
-- person should choose. While a correction holds, value stands in the
-- institution's row.
-- Purpose: an institution answers for what is published about it, and the log of
-- the change says who did. person, settled_by, reason and note go a year after
-- the correction ended or was refused, with the row.
create table directory_corrections (
    id          text primary key,
    institution text not null references directory_institutions (id),
    field       text not null,               -- a name of register.Fields
    value       text not null,
    was         text not null,
    registered  text not null,
    reason      text not null default '',
    person      text not null,
    at          bigint not null,
    state       text not null,               -- proposed, holding, refused, ended
    ended_why   text not null default '',    -- agreed, taken, replaced, officer
    note        text not null default '',
    settled_by  text not null default '',
    settled_at  bigint,
    import      text not null default '',    -- that ended it
    revision    bigint not null default 1
);
create unique index directory_corrections_holding on directory_corrections (institution, field) where state = 'holding';
create index directory_corrections_institution on directory_corrections (institution, at, id);
create index directory_corrections_state on directory_corrections (state, at, id);

-- What institutions were called, where they stood, under whom and run by whom,
-- and when that changed here. Public data about institutions, kept for good: old
-- certificates name old schools.
create table directory_history (
    id          text primary key,            -- in the order of time
    institution text not null references directory_institutions (id),
    at          bigint not null,
    field       text not null,               -- appeared, name, official_name, type, address, parent, running, closed
    before      text not null,
    after       text not null,
    source      text not null,               -- register, correction, officer, undo
    import      text not null default ''
);
create index directory_history_institution on directory_history (institution, id);
create index directory_history_import on directory_history (import, field, institution) where import <> '';

-- Which files of the register are taken in, to say of when the rows are.
create table directory_sources (
    import     text primary key,
    shape      text not null,
    applied_at bigint not null
);
create index directory_sources_shape on directory_sources (shape, applied_at);
insert into directory_sources (import, shape, applied_at)
    select id, shape, applied_at from directory_imports where state = 'applied' and applied_at is not null;

-- Imports of all kinds are kept by one package now. Differences that nobody
-- decided on are read again from their file; of what was taken in, the time of it
-- is kept above.
drop table directory_import_problems;
drop table directory_import_changes;
drop table directory_imports;
