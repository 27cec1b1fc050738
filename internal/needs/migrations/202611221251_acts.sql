-- What was done to a campaign with words or once a day: closed before its time
-- and why, dropped and why, reminded. Names who did it, by id; kept with the
-- campaign. Purpose: needs.declarations.
create table needs_acts (
    campaign  text not null references needs_campaigns (id),
    what      text not null,                  -- closed, dropped, reminded
    day       text not null,                  -- YYYY-MM-DD in Warsaw
    words     text not null default '',
    by_person text not null default '',
    at        bigint not null,
    primary key (campaign, what, day)
);
