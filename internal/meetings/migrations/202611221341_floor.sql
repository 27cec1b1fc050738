-- Questions from the floor of a meeting: its code, and whether they are taken
-- now. No personal data; kept with the meeting.
create table meetings_floor (
    meeting   text primary key references meetings_meetings (id),
    code      text not null,
    opened_at bigint not null,
    closed_at bigint not null default 0
);
create unique index meetings_floor_code on meetings_floor (code);

-- A question from the floor, with a name where somebody gave one. It is not
-- written who sent it. Purpose: meetings.floor; deleted some days after the meeting.
create table meetings_questions (
    id      text primary key,
    meeting text not null references meetings_meetings (id),
    words   text not null,
    name    text not null default '',
    state   text not null,                      -- waiting, shown, answered, aside
    at      bigint not null
);
create index meetings_questions_meeting on meetings_questions (meeting, state, at, id);
