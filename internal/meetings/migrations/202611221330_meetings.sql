-- A body that meets again and again. No personal data; kept as long as its meetings.
create table meetings_series (
    id         text primary key,
    revision   bigint not null default 1,
    kind       text not null,                 -- heads, forum, group, council
    owner      text not null,                 -- institution of the directory that runs it
    title      text not null,
    title_key  text not null,
    words      text not null default '',
    ended      boolean not null default false,
    created_at bigint not null,
    changed_at bigint not null
);
create index meetings_series_owner on meetings_series (owner, kind, title_key, id);

-- Who belongs to a series by name: a person, or whoever joins for an
-- institution. Purpose: meetings.people; a row goes when the person leaves, is
-- erased, or the time of keeping is over.
create table meetings_members (
    id          text primary key,
    series      text not null references meetings_series (id),
    person      text not null default '',
    institution text not null default '',
    since       bigint not null
);
create unique index meetings_members_once on meetings_members (series, person, institution);
create index meetings_members_person on meetings_members (person, series);
create index meetings_members_institution on meetings_members (institution, series);

-- The usual agenda of a series, from which that of a new meeting is made.
-- Speakers are public functions of those who lead; written over at each change.
create table meetings_usual (
    series  text not null references meetings_series (id),
    no      integer not null,
    kind    text not null,
    title   text not null,
    words   text not null default '',
    minutes integer not null default 0,
    speaker text not null default '',
    primary key (series, no)
);

-- A meeting. Holds the id of who planned it (purpose: meetings.people, taken
-- out after the time of keeping). Kept as the archive of the body.
create table meetings_meetings (
    id            text primary key,
    revision      bigint not null default 1,
    trace         text not null,
    series        text not null references meetings_series (id),
    kind          text not null,
    owner         text not null,
    state         text not null,
    title         text not null,
    title_key     text not null,
    words         text not null default '',
    place         text not null default '',
    online        text not null default '',
    school_year   integer not null,
    starts_at     bigint not null,
    ends_at       bigint not null,
    topics_until  bigint not null,
    reply_until   bigint not null,
    experts_until bigint not null default 0,
    minutes       integer not null default 0,
    late_why      text not null default '',
    canceled_why  text not null default '',
    reminded_at   bigint not null default 0,
    announced_at  bigint not null default 0,
    convened_at   bigint not null default 0,
    held_at       bigint not null default 0,
    created_by    text not null default '',
    created_at    bigint not null,
    changed_at    bigint not null
);
create index meetings_meetings_series on meetings_meetings (series, starts_at, id);
create index meetings_meetings_state on meetings_meetings (state, starts_at, id);
create index meetings_meetings_created on meetings_meetings (created_by, id);
create index meetings_meetings_owner on meetings_meetings (owner, starts_at, id);

-- A topic that somebody proposed. Names the proposer by id; purpose:
-- meetings.people: the name goes with the account or after the time of keeping,
-- the matter stays.
create table meetings_topics (
    id          text primary key,
    revision    bigint not null default 1,
    trace       text not null,
    series      text not null references meetings_series (id),
    kind        text not null,
    owner       text not null,
    state       text not null,
    title       text not null,
    title_key   text not null,
    words       text not null default '',
    subject     text not null default '',
    proposer    text not null default '',
    institution text not null default '',
    hidden      boolean not null default false,
    supports    integer not null default 0,
    reason      text not null default '',
    into_topic  text not null default '',
    meeting     text not null default '',
    proposed_at bigint not null,
    changed_at  bigint not null
);
create index meetings_topics_series on meetings_topics (series, state, title_key, id);
create index meetings_topics_meeting on meetings_topics (meeting, id);
create index meetings_topics_into on meetings_topics (into_topic, id);
create index meetings_topics_proposer on meetings_topics (proposer, id);
create index meetings_topics_trace on meetings_topics (trace, id);

-- Voices for topics, one row for each unit that a voice covers. Purpose:
-- meetings.people; the person goes as in meetings_topics, the voice stays counted.
create table meetings_supports (
    topic  text not null references meetings_topics (id),
    unit   text not null,                     -- head unit, institution or person
    voice  text not null,
    person text not null default '',
    at     bigint not null,
    primary key (topic, unit)
);
create index meetings_supports_person on meetings_supports (person, topic);

-- What happened to a topic, in order: what everybody who may see it reads on its
-- page. No names; kept with the topic. Figures are numbers as text.
create table meetings_steps (
    id      text primary key,
    topic   text not null references meetings_topics (id),
    what    text not null,
    words   text not null default '',
    path    text not null default '',
    figures text not null default '',
    once    text not null,                    -- what is written once however often it is told
    at      bigint not null
);
create unique index meetings_steps_once on meetings_steps (topic, once);

-- An item of an agenda. Speakers and guests are named as on the printed agenda
-- (public functions); kept with the meeting.
create table meetings_items (
    id        text primary key,
    meeting   text not null references meetings_meetings (id),
    revision  bigint not null default 1,
    no        integer not null,
    kind      text not null,
    title     text not null,
    words     text not null default '',
    topic     text not null default '',
    from_item text not null default '',
    minutes   integer not null default 0,
    speaker   text not null default '',
    guests    text not null default '',
    done      boolean not null default false
);
create index meetings_items_meeting on meetings_items (meeting, no, id);
create index meetings_items_topic on meetings_items (topic, meeting);
-- An item goes on to one meeting, however often it is asked for.
create unique index meetings_items_carried on meetings_items (meeting, from_item) where from_item <> '';

-- Files of a meeting or of one of its items. Kept with the meeting.
create table meetings_materials (
    file     text primary key,
    meeting  text not null references meetings_meetings (id),
    item     text not null default '',
    title    text not null,
    added_at bigint not null
);
create index meetings_materials_meeting on meetings_materials (meeting, added_at, file);

-- A seat at a meeting and what was answered. Purpose: meetings.people; names go
-- with the account or after the time of keeping, the count stays.
create table meetings_invitations (
    id          text primary key,
    revision    bigint not null default 1,
    meeting     text not null references meetings_meetings (id),
    person      text not null default '',
    role        text not null default '',
    institution text not null default '',
    sort_key    text not null default '',
    reply       text not null default '',
    replied_by  text not null default '',
    replied_at  bigint not null default 0,
    instead     text not null default '',
    reminded_at bigint not null default 0
);
create index meetings_invitations_place on meetings_invitations (meeting, sort_key, id);
-- None on what an answer changes: 300 heads answer at once, and an update that
-- touches no index disturbs no other under SERIALIZABLE.
create index meetings_invitations_person on meetings_invitations (person, meeting);

-- The units for which a seat is listed: one seat for each unit and meeting. No
-- personal data; kept with the meeting.
create table meetings_units (
    meeting    text not null references meetings_meetings (id),
    unit       text not null,
    invitation text not null references meetings_invitations (id),
    primary key (meeting, unit)
);
create index meetings_units_invitation on meetings_units (invitation, unit);
create index meetings_units_unit on meetings_units (unit, meeting);

-- Who was there for a seat. Purpose: meetings.people, as above.
create table meetings_attendance (
    id          text primary key,
    revision    bigint not null default 1,
    meeting     text not null references meetings_meetings (id),
    invitation  text not null references meetings_invitations (id),
    person      text not null default '',
    name        text not null default '',
    role        text not null default '',
    institution text not null default '',
    by_seat     text not null default '',
    by_running  text not null default '',
    present     boolean not null,
    by_person   text not null default '',
    at          bigint not null
);
create unique index meetings_attendance_once on meetings_attendance (invitation);
create index meetings_attendance_meeting on meetings_attendance (meeting, id);
create index meetings_attendance_by on meetings_attendance (by_person, meeting);
create index meetings_attendance_person on meetings_attendance (person, meeting);

-- An expert to whom a program was opened. Purpose: meetings.people.
create table meetings_experts (
    id          text primary key,
    revision    bigint not null default 1,
    meeting     text not null references meetings_meetings (id),
    person      text not null default '',
    name        text not null default '',
    institution text not null default '',
    from_words  text not null default '',
    opinion     text not null default '',
    opinion_at  bigint not null default 0,
    minutes     integer not null default 0,
    on_day      text not null default '',
    asked_at    bigint not null
);
create index meetings_experts_meeting on meetings_experts (meeting, id);
create index meetings_experts_person on meetings_experts (person, meeting);

-- What an expert remarked at an item, and what was answered. Purpose:
-- meetings.people; kept with the meeting, the expert's name goes as above.
create table meetings_remarks (
    id          text primary key,
    expert      text not null references meetings_experts (id),
    meeting     text not null,
    item        text not null,
    words       text not null,
    answer      text not null default '',
    at          bigint not null,
    answered_at bigint not null default 0
);
create index meetings_remarks_item on meetings_remarks (meeting, item, at, id);
