-- What happened, as told by the module where it happened. Kept as long as the
-- evidence ledger that is computed from it; so it holds ids, numbers and keys,
-- no names, no addresses, no free text.
-- version is the revision of the subject after what happened.
create table events (
    id      text primary key,
    name    text not null,
    version bigint not null,
    subject text not null,
    trace   text not null,
    payload text not null,
    at      bigint not null
);
create index events_name on events (name, id);
create index events_trace on events (trace);
