-- How a body votes, as its last setting says. No personal data; kept with the series.
create table meetings_voting (
    series   text primary key references meetings_series (id),
    way      text not null,                       -- hands, names, secret: what the form offers first
    quorum   text not null,                       -- none, half, most, third
    majority text not null                        -- simple, absolute, thirds, of_all
);

-- The minutes of a meeting as a whole. The chair and the recorder are named as
-- on the printed paper (public functions). Kept as the archive of the body.
create table meetings_papers (
    meeting      text primary key references meetings_meetings (id),
    revision     bigint not null default 1,
    content      bigint not null default 1,       -- raised by every change of what the paper says
    sent_content bigint not null default 0,       -- what it said when it was sent round, 0: it was not
    sent_at      bigint not null default 0,
    until_at     bigint not null default 0,       -- objections are taken before it
    adopted_at   bigint not null default 0,
    silently     boolean not null default false,  -- adopted because nobody objected
    published_at bigint not null default 0,
    chair        text not null default '',
    recorder     text not null default ''
);
create index meetings_papers_until on meetings_papers (adopted_at, until_at, meeting);

-- What the minutes say at an item. Kept with the minutes. The text may name
-- people who spoke in their function; it is no place for private matters.
create table meetings_texts (
    item       text primary key references meetings_items (id),
    meeting    text not null references meetings_meetings (id),
    revision   bigint not null default 0,
    text       text not null default '',
    clashes    text not null default '',          -- JSON: places that two people changed in different ways
    changed_at bigint not null
);
create index meetings_texts_meeting on meetings_texts (meeting, item);

-- Earlier states of these texts, to which what somebody still has on the screen
-- is joined. Names who saved it by id. Purpose: meetings.minutes; deleted when
-- the minutes are adopted.
create table meetings_saves (
    item     text not null references meetings_items (id),
    revision bigint not null,
    text     text not null,
    sent     text not null default '',            -- what came in, where it was joined with other changes
    joined   boolean not null default false,
    person   text not null default '',
    at       bigint not null,
    primary key (item, revision)
);
create index meetings_saves_person on meetings_saves (person, item);

-- A decision. The owner is an institution; who typed it in is named by id
-- (purpose: meetings.minutes, taken out after the time of keeping). Kept as the
-- archive of the body.
create table meetings_decisions (
    id          text primary key,
    revision    bigint not null default 1,
    meeting     text not null references meetings_meetings (id),
    series      text not null,
    owner       text not null,                    -- of the meeting
    kind        text not null,
    item        text not null,
    topic       text not null default '',
    no          bigint not null,
    year        integer not null,                 -- of the number: 3/2026
    title       text not null,
    words       text not null default '',
    institution text not null default '',         -- that carries it out
    due_on      text not null default '',         -- YYYY-MM-DD
    due_at      bigint not null,                  -- end of that day, far away without one
    state       text not null,                    -- open, done, withdrawn
    note        text not null default '',
    vote        text not null default '',
    agreement   text not null default '',         -- becomes an arrangement under its area
    area        text not null default '',
    marked_at   bigint not null default 0,
    by_person   text not null default '',
    at          bigint not null,
    changed_at  bigint not null
);
create unique index meetings_decisions_number on meetings_decisions (series, year, no);
create index meetings_decisions_meeting on meetings_decisions (meeting, no, id);
create index meetings_decisions_open on meetings_decisions (series, state, due_at, id);
create index meetings_decisions_person on meetings_decisions (by_person, id);

-- A workshop that a decision orders. No personal data; kept with the decision.
create table meetings_orders (
    decision    text primary key references meetings_decisions (id),
    target      text not null,                    -- id of the training to be made
    center      text not null,
    title       text not null,
    subject     text not null default '',         -- topic of the vocabulary
    seats       integer not null,
    first_days  integer not null,                 -- so many days those who asked for it enroll alone
    by_person   text not null default '',         -- purpose: meetings.minutes
    at          bigint not null
);
create index meetings_orders_person on meetings_orders (by_person, decision);

-- What somebody is to do until a day. Names a person by id, or as typed.
-- Purpose: meetings.minutes; the name is taken out after the time of keeping.
create table meetings_actions (
    id          text primary key,
    revision    bigint not null default 1,
    meeting     text not null references meetings_meetings (id),
    series      text not null,
    owner       text not null,
    item        text not null,
    no          integer not null,                 -- within the meeting
    what        text not null,
    person      text not null default '',
    name        text not null default '',
    institution text not null default '',
    due_on      text not null,
    due_at      bigint not null,
    state       text not null,                    -- open, done, canceled
    note        text not null default '',
    reminded    integer not null default 0,       -- 1 before the day, 2 after it
    by_person   text not null default '',
    at          bigint not null,
    changed_at  bigint not null
);
create unique index meetings_actions_no on meetings_actions (meeting, no);
create index meetings_actions_series on meetings_actions (series, state, due_at, id);
create index meetings_actions_person on meetings_actions (person, state, due_at, id);
create index meetings_actions_due on meetings_actions (state, due_at, id);
create index meetings_actions_by on meetings_actions (by_person, id);

-- A vote and what was counted. Of a secret one nothing is written here before
-- it is closed. Names who opened it by id (purpose: meetings.minutes). Kept with
-- the minutes.
create table meetings_votes (
    id            text primary key,
    revision      bigint not null default 1,
    meeting       text not null references meetings_meetings (id),
    item          text not null,
    no            integer not null,
    question      text not null,
    way           text not null,
    quorum        text not null,
    majority      text not null,
    state         text not null,                  -- open, closed, canceled
    entitled      integer not null default 0,
    present       integer not null default 0,
    votes_for     integer not null default 0,
    votes_against integer not null default 0,
    votes_abstain integer not null default 0,
    verdict       text not null default '',
    quorum_needs  integer not null default 0,
    votes_need    integer not null default 0,
    reason        text not null default '',       -- why it was canceled
    by_person     text not null default '',
    opened_at     bigint not null,
    closed_at     bigint not null default 0
);
create unique index meetings_votes_no on meetings_votes (meeting, no);
create index meetings_votes_by on meetings_votes (by_person, id);

-- Who voted how in a vote by names, which the minutes tell. Purpose:
-- meetings.minutes; the person is taken out after the time of keeping.
create table meetings_named (
    vote       text not null references meetings_votes (id),
    invitation text not null,
    person     text not null,
    choice     text not null,
    primary key (vote, invitation)
);
create index meetings_named_person on meetings_named (person, vote);

-- For whose seat a secret vote was cast, so that nobody votes twice. No choice,
-- no time. Purpose: meetings.minutes; deleted when the vote is closed.
create table meetings_voters (
    vote       text not null references meetings_votes (id),
    invitation text not null,
    primary key (vote, invitation)
);

-- The ballot box of a secret vote: one number for each choice. There are no
-- ballots that could be looked at one by one, and nothing leads to a person.
-- Emptied into meetings_votes and deleted when the vote is closed.
create table meetings_boxes (
    vote   text not null references meetings_votes (id),
    choice text not null,
    n      integer not null,
    primary key (vote, choice)
);

-- An objection to minutes that were sent round, with the answer. Names who
-- raised it by id. Purpose: meetings.minutes; the name is taken out after the
-- time of keeping.
create table meetings_objections (
    id          text primary key,
    meeting     text not null references meetings_meetings (id),
    item        text not null default '',         -- "" for the minutes as a whole
    person      text not null default '',
    institution text not null default '',
    words       text not null,
    state       text not null,                    -- open, taken, dismissed
    answer      text not null default '',
    at          bigint not null,
    answered_at bigint not null default 0
);
create index meetings_objections_meeting on meetings_objections (meeting, at, id);
create index meetings_objections_person on meetings_objections (person, id);
