-- A table of a meeting at which one topic is talked about. No personal data;
-- kept with the meeting.
create table meetings_tables (
    id      text primary key,
    meeting text not null references meetings_meetings (id),
    no      integer not null,
    title   text not null,
    seats   integer not null,
    taken   integer not null default 0
);
create index meetings_tables_meeting on meetings_tables (meeting, no, id);

-- At which table a seat of the meeting sits. Names nobody: a seat leads to its
-- person only in meetings_invitations. Deleted some days after the meeting
-- (purpose: meetings.door).
create table meetings_sits (
    invitation text primary key references meetings_invitations (id),
    meeting    text not null,
    at_table   text not null references meetings_tables (id)
);
create index meetings_sits_table on meetings_sits (at_table, invitation);
create index meetings_sits_meeting on meetings_sits (meeting, invitation);
