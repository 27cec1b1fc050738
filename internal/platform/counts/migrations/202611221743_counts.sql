-- How often each quiet door was used, in steps of ten minutes: slot is the
-- second in which the step began. Nothing finer is known, and no person.
-- failed are the visits in which the fault was ours. Deleted after two years.
create table counts (
    name   text not null,
    slot   bigint not null,
    n      bigint not null,
    failed bigint not null,
    primary key (name, slot)
);
create index counts_slot on counts (slot);
