-- A step is hardly more than its key: kept once, in the order of the key, it
-- costs an act one page less.
create table trace_steps_new (
    trace     text not null,
    kind      text not null,
    id        text not null,
    from_kind text not null,
    from_id   text not null,
    title_key text not null,
    at        bigint not null,
    audience  text not null,
    primary key (trace, kind, id, title_key, audience)
) without rowid;
insert into trace_steps_new (trace, kind, id, from_kind, from_id, title_key, at, audience)
    select trace, kind, id, from_kind, from_id, title_key, at, audience from trace_steps;
drop table trace_steps;
alter table trace_steps_new rename to trace_steps;
create index trace_steps_thing on trace_steps (kind, id);
