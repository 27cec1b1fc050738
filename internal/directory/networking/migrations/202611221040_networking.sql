-- What people and institutions can help with and look for. An entry in one's
-- own name has owner 'person'; person is then who offers. One of an institution
-- has owner 'institution'; person is then who wrote it, and is shown to nobody.
-- Purpose: exchange of experience between institutions. Deleted a year after
-- the entry ended, or with the account.
create table directory_network_entries (
    id          text primary key,
    side        text not null,              -- helps, looks
    owner       text not null,              -- person, institution
    person      text not null,
    institution text not null default '',   -- under whose roof, '' for the whole installation
    role        text not null default '',   -- of the person there
    lang        text not null,
    body        text not null,
    open_to_all boolean not null default false, -- shown to everybody; institutions only
    until       text not null,              -- the last day
    ends_at     bigint not null,            -- the midnight after it
    state       text not null,              -- open, ended, hidden
    why_hidden  text not null default '',   -- words of the moderator
    warned      boolean not null default false,
    revision    bigint not null default 1,
    created_at  bigint not null,
    changed_at  bigint not null,
    closed_at   bigint
);
create index directory_network_entries_open on directory_network_entries (state, id);
create index directory_network_entries_ends on directory_network_entries (state, ends_at);
create index directory_network_entries_person on directory_network_entries (person, id);
create index directory_network_entries_institution on directory_network_entries (institution, id);

create table directory_network_topics (
    entry text not null references directory_network_entries (id),
    topic text not null,
    primary key (entry, topic)
);
create index directory_network_topics_topic on directory_network_topics (topic, entry);

-- Who wants to be left out of suggestions: people and institutions.
-- Purpose: respects the choice. Deleted when it is taken back, or with the account.
create table directory_network_silent (
    kind text not null,                     -- person, institution
    id   text not null,
    at   bigint not null,
    primary key (kind, id)
);

-- Who comes to an event, and whether they agreed to be seen there by the
-- others who come. Purpose: "kogo tu spotkam". Deleted 90 days after it was said.
create table directory_network_meetings (
    event_kind  text not null,
    event       text not null,
    person      text not null,
    institution text not null default '',
    role        text not null default '',
    shown       boolean not null,
    at          bigint not null,
    primary key (event_kind, event, person)
);
create index directory_network_meetings_person on directory_network_meetings (person, at);

-- A request for contact, and the talk that follows when it is accepted. The
-- other side is a person, or those who speak for an institution. A request to
-- somebody who blocked the asker is an ordinary row that the other side does
-- not see. Purpose: getting to know each other without giving addresses away.
-- Deleted a year after the last word.
create table directory_contact_requests (
    id          text primary key,
    entry       text not null default '',   -- what it is about, '' for an introduction
    intro       text not null default '',
    asker       text not null,
    asker_for   text not null default '',   -- institution in whose name, '' for oneself
    asker_role  text not null default '',
    asker_at    text not null default '',   -- institution of the role
    owner       text not null,              -- person, institution
    person      text not null default '',
    institution text not null default '',
    role        text not null default '',
    lang        text not null,
    reason      text not null,
    state       text not null,              -- open, accepted, declined, withdrawn, expired
    answer      text not null default '',
    answered_by text not null default '',
    created_at  bigint not null,
    ends_at     bigint not null,
    answered_at bigint,
    last_at     bigint not null
);
create unique index directory_contact_requests_one on directory_contact_requests (entry, asker) where state = 'open' and entry <> '';
create index directory_contact_requests_asker on directory_contact_requests (asker, id);
create index directory_contact_requests_person on directory_contact_requests (person, id);
create index directory_contact_requests_institution on directory_contact_requests (institution, id);
create index directory_contact_requests_ends on directory_contact_requests (state, ends_at);

-- Words of a talk. Purpose and deletion as of the request.
create table directory_contact_messages (
    id      text primary key,
    request text not null references directory_contact_requests (id),
    author  text not null,
    mine    boolean not null,               -- of the asker's side
    body    text not null,
    at      bigint not null,
    hidden  boolean not null default false
);
create index directory_contact_messages_request on directory_contact_messages (request, id);
create index directory_contact_messages_author on directory_contact_messages (author);

-- Addresses that somebody chose to show to the other side of a talk.
-- Purpose and deletion as of the request; taken back at any time.
create table directory_contact_addresses (
    request text not null references directory_contact_requests (id),
    person  text not null,
    mine    boolean not null,
    address text not null,
    at      bigint not null,
    primary key (request, person)
);
create index directory_contact_addresses_person on directory_contact_addresses (person);

-- A third person suggests that two get to know each other.
-- Purpose and deletion as of a request.
create table directory_contact_intros (
    id          text primary key,
    by_person   text not null,
    by_role     text not null default '',
    by_at       text not null default '',
    first       text not null,
    first_role  text not null default '',
    first_at    text not null default '',
    second      text not null,
    second_role text not null default '',
    second_at   text not null default '',
    lang        text not null,
    why         text not null,
    first_says  text not null default '',   -- '', yes, no
    second_says text not null default '',
    state       text not null,              -- open, met, expired
    request     text not null default '',   -- the talk that opened
    created_at  bigint not null,
    ends_at     bigint not null,
    last_at     bigint not null
);
create index directory_contact_intros_by on directory_contact_intros (by_person, id);
create index directory_contact_intros_first on directory_contact_intros (first, id);
create index directory_contact_intros_second on directory_contact_intros (second, id);
create index directory_contact_intros_ends on directory_contact_intros (state, ends_at);

-- Who does not want to be found or written to by whom. Known to the first only.
-- Purpose: safety. Deleted when it is taken back, or with either account.
create table directory_contact_blocks (
    blocker text not null,
    blocked text not null,
    at      bigint not null,
    primary key (blocker, blocked)
);
create index directory_contact_blocks_blocked on directory_contact_blocks (blocked, blocker);

-- What people reported, with the piece as it was then and, when the reporter
-- chose so, what was said before it. Seen by moderators only, never by the
-- reported. Purpose: safety. Deleted a year after the decision.
create table directory_contact_reports (
    id          text primary key,
    reporter    text not null,
    kind        text not null,              -- entry, request, message
    object      text not null,
    person      text not null,              -- reported
    reason      text not null,
    piece       text not null,
    context     text not null default '',   -- JSON: what was said before
    state       text not null,              -- open, dismissed, hidden, suspended
    words       text not null default '',   -- reason of the decision
    decided_by  text not null default '',
    created_at  bigint not null,
    decided_at  bigint
);
create unique index directory_contact_reports_one on directory_contact_reports (reporter, kind, object) where state = 'open';
create index directory_contact_reports_state on directory_contact_reports (state, id);
create index directory_contact_reports_person on directory_contact_reports (person);

-- Who may not use contacts until a day, and why. Shown to the person.
-- Purpose: safety. Deleted a year after the end.
create table directory_contact_suspensions (
    person   text primary key,
    until    text not null,                 -- the last day
    ends_at  bigint not null,
    words    text not null,
    report   text not null,
    by_person text not null,
    at       bigint not null
);

-- How much somebody did on a day, against floods. Deleted after a week.
create table directory_contact_days (
    person text not null,
    kind   text not null,
    day    bigint not null,                 -- its midnight in Kraków
    n      integer not null,
    primary key (person, kind, day)
);
create index directory_contact_days_day on directory_contact_days (day);
