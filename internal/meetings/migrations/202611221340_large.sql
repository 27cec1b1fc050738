-- What a large meeting has beyond the others. No personal data; kept with the meeting.
create table meetings_large (
    meeting  text primary key references meetings_meetings (id),
    seats    integer not null default 0,        -- chairs in the hall, 0: nobody counted them
    after_at bigint not null default 0          -- everybody invited was told where materials and minutes are
);

-- Somebody invited from outside the directory, without an account. Purpose:
-- meetings.door; deleted some days after the meeting.
create table meetings_guests (
    id         text primary key,
    meeting    text not null references meetings_meetings (id),
    name       text not null,
    sort_key   text not null,
    from_words text not null default '',
    came_at    bigint not null default 0,
    added_at   bigint not null
);
create index meetings_guests_meeting on meetings_guests (meeting, sort_key, id);

-- The code of a badge: of a seat, or of a guest. The code is a random number and
-- says nothing of a person by itself; purpose: meetings.door; deleted some days
-- after the meeting.
create table meetings_badges (
    code    text primary key,
    meeting text not null references meetings_meetings (id),
    holder  text not null,                      -- id of an invitation or of a guest
    guest   boolean not null,
    scans   integer not null default 0
);
create unique index meetings_badges_holder on meetings_badges (holder);
create index meetings_badges_meeting on meetings_badges (meeting, code);

-- Who lets people in. Purpose: meetings.door; deleted some days after the meeting.
create table meetings_duty (
    meeting  text not null references meetings_meetings (id),
    person   text not null,
    named_at bigint not null,
    ended_at bigint not null default 0,
    primary key (meeting, person)
);
create index meetings_duty_person on meetings_duty (person, meeting);
