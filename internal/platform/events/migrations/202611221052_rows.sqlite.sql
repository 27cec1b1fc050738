-- Rows lie in the order of their key, so that each is kept once.
create table events_new (
    id      text primary key,
    name    text not null,
    version bigint not null,
    subject text not null,
    trace   text not null,
    payload text not null,
    at      bigint not null
) without rowid;
insert into events_new (id, name, version, subject, trace, payload, at)
    select id, name, version, subject, trace, payload, at from events;
drop table events;
alter table events_new rename to events;
