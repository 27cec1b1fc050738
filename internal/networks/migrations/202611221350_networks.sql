-- Networks of cooperation and self-learning, one row for each school year.
-- Names by id who made it. Purpose: networks.work; the id is deleted as the law's
-- number networks.keep says, the network itself stays.
create table networks_networks (
    id          text primary key,
    revision    bigint not null default 1,
    slot        text not null unique,             -- "next:" and the id of the year before, or the own id: no year is begun twice
    trace       text not null,
    center      text not null,
    need        text not null default '',         -- need of a campaign that it answers
    title       text not null,
    title_key   text not null,
    goal        text not null default '',
    audience    text not null default '',         -- for whom, in words
    town        text not null default '',         -- municipality where it meets, six digits; "" for online
    school_year integer not null,
    year_ends   bigint not null,                  -- UTC seconds
    state       text not null,                    -- see State
    is_public   boolean not null,                 -- stands on the public list
    is_open     boolean not null,                 -- takes requests
    places      integer not null,                 -- most members, 0 for any number
    members     integer not null default 0,       -- who are members now
    previous    text not null default '',         -- the network of the year before
    reason      text not null default '',         -- why it was closed early, or sent back
    made_by     text not null default '',
    created_at  bigint not null,
    changed_at  bigint not null
);
create index networks_networks_list on networks_networks (title_key, id);
create index networks_networks_center on networks_networks (center, school_year, title_key, id);
create index networks_networks_need on networks_networks (need, id);
create index networks_networks_ends on networks_networks (year_ends, id);

-- What a network is about. No personal data; kept with the network.
create table networks_topics (
    network text not null references networks_networks (id),
    topic   text not null,
    primary key (network, topic)
);
create index networks_topics_topic on networks_topics (topic, network);

-- Schools that a network invites: those that reported the need, and those that a
-- coordinator named. Their people come in without waiting. No personal data; kept
-- with the network.
create table networks_schools (
    network     text not null references networks_networks (id),
    institution text not null,
    why         text not null,                    -- need, invited
    at          bigint not null,
    primary key (network, institution)
);

-- Who leads a network, past ones included. Purpose: networks.work; deleted as
-- networks.keep says.
create table networks_leads (
    network text not null references networks_networks (id),
    person  text not null,
    duty    text not null,                        -- coordinator, deputy
    since   bigint not null,
    ended   bigint not null default 0,            -- 0 while it stands
    primary key (network, person)
);
create index networks_leads_person on networks_leads (person, network);

-- Who is a member, asked to be one or was invited. Purpose: networks.work; deleted
-- as networks.keep says.
create table networks_members (
    id          text primary key,
    network     text not null references networks_networks (id),
    person      text not null,                    -- the own id once the person was erased
    revision    bigint not null default 1,
    state       text not null,                    -- see MemberState
    institution text not null default '',         -- in which they joined, or whose head recommended it
    by_seat     text not null default '',         -- municipality of it, and the one that runs it
    by_running  text not null default '',
    role        text not null default '',
    name_key    text not null default '',         -- sort key of the name; "" once erased
    words       text not null default '',         -- of the request
    reason      text not null default '',         -- why it was refused, or the membership ended
    at          bigint not null,
    unique (network, person)
);
create index networks_members_list on networks_members (network, state, name_key, id);
create index networks_members_person on networks_members (person, state, network);

-- Meetings, planned and held, with their minutes. The minutes may name people;
-- taken_by does by id. Purpose: networks.work; the id is deleted as networks.keep
-- says, the minutes stay as documentation of the center.
create table networks_meetings (
    id         text primary key,
    network    text not null references networks_networks (id),
    revision   bigint not null default 1,
    title      text not null,
    program    text not null default '',
    place      text not null default '',
    link       text not null default '',          -- where it meets online; for those inside
    starts_at  bigint not null,                   -- UTC seconds
    ends_at    bigint not null,
    shared     boolean not null,                  -- other networks may list it
    state      text not null,                     -- planned, held, canceled
    reason     text not null default '',          -- why it was canceled
    record     text not null default '',          -- minutes
    length     integer not null default 0,        -- minutes that count, once held
    taken_by   text not null default '',
    taken_at   bigint not null default 0,
    changed_at bigint not null
);
create index networks_meetings_network on networks_meetings (network, starts_at, id);
create index networks_meetings_shared on networks_meetings (shared, starts_at, id);

-- Meetings of another network that a network lists as well. No personal data;
-- kept with the network.
create table networks_listed (
    meeting text not null references networks_meetings (id),
    network text not null references networks_networks (id),
    primary key (meeting, network)
);
create index networks_listed_network on networks_listed (network, meeting);

-- Who was at a meeting. Once for each meeting, however many networks list it.
-- Purpose: networks.hours; deleted as networks.keep says.
create table networks_attendance (
    id          text primary key,
    meeting     text not null references networks_meetings (id),
    person      text not null,                    -- the own id once the person was erased
    revision    bigint not null default 1,
    present     boolean not null,
    minutes     integer not null,
    institution text not null default '',
    by_seat     text not null default '',
    by_running  text not null default '',
    role        text not null default '',
    unique (meeting, person)
);
create index networks_attendance_person on networks_attendance (person, meeting);

-- Tasks of self-study. No personal data; kept with the network.
create table networks_tasks (
    id      text primary key,
    network text not null references networks_networks (id),
    title   text not null,
    words   text not null default '',
    due     text not null,                        -- YYYY-MM-DD
    at      bigint not null
);
create index networks_tasks_network on networks_tasks (network, due, id);

-- Who did a task. Purpose: networks.work; deleted as networks.keep says.
create table networks_done (
    task   text not null references networks_tasks (id) on delete cascade,
    person text not null,
    at     bigint not null,
    primary key (task, person)
);
create index networks_done_person on networks_done (person, task);

-- Files of a network. No personal data beside what the file itself holds; kept
-- with the network.
create table networks_materials (
    file    text primary key,
    network text not null references networks_networks (id),
    title   text not null default '',
    at      bigint not null
);
create index networks_materials_network on networks_materials (network, at, file);

-- Questions about a date. No personal data; kept with the network.
create table networks_polls (
    id       text primary key,
    network  text not null references networks_networks (id),
    title    text not null,
    until    text not null,                       -- last day to answer, YYYY-MM-DD
    chosen   text not null default '',            -- the date taken
    at       bigint not null
);
create index networks_polls_network on networks_polls (network, at, id);

-- The dates to choose from. No personal data; kept with the network.
create table networks_dates (
    id        text primary key,
    poll      text not null references networks_polls (id),
    starts_at bigint not null,
    ends_at   bigint not null
);
create index networks_dates_poll on networks_dates (poll, starts_at, id);

-- Who can come on which date. Deleted when a date is taken, with the membership,
-- and as networks.keep says. Purpose: networks.work.
create table networks_votes (
    date   text not null references networks_dates (id),
    person text not null,
    answer text not null,                         -- yes, maybe, no
    primary key (date, person)
);
create index networks_votes_person on networks_votes (person, date);

-- The yearly report. Its words are the coordinator's and are about the network;
-- finished_by names by id. Purpose: networks.work; the id is deleted as
-- networks.keep says, the report stays.
create table networks_reports (
    network     text primary key references networks_networks (id),
    revision    bigint not null default 1,
    done        text not null default '',         -- what was done
    effects     text not null default '',
    next        text not null default '',         -- conclusions for the year to come
    figures     text not null default '',         -- JSON, see Figures; frozen when it is finished
    finished_by text not null default '',
    finished_at bigint not null default 0,
    at          bigint not null
);
