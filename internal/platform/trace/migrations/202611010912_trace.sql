-- Where a matter came from and what followed. Rows hold ids and message keys,
-- never words; what a page shows of (kind, id) it asks the module that owns it.
-- The audience is an audience key (public, inst:…, role:…, person:…). A step
-- that more than one audience sees has a row for each.
create table trace_steps (
    trace     text not null,
    kind      text not null,
    id        text not null,
    from_kind text not null,
    from_id   text not null,
    title_key text not null,
    at        bigint not null,
    audience  text not null,
    primary key (trace, kind, id, title_key, audience)
);
create index trace_steps_thing on trace_steps (kind, id);

-- Traces that were found to be one matter. Each link has two rows, so that a
-- search goes the same way from both ends.
create table trace_links (
    trace text not null,
    other text not null,
    primary key (trace, other)
);
