-- One training: an offer of a center, from a draft to its end. Holds no personal
-- data but the id of who wrote it.
create table training_trainings (
    id            text primary key,
    revision      bigint not null default 1,   -- raised by every change that people are told of or that somebody may have on the screen
    trace         text not null,
    center        text not null,               -- institution of the directory
    form          text not null,               -- see Form
    state         text not null,               -- see TrainingState
    lang          text not null default 'pl',  -- language of the words
    title         text not null,
    title_key     text not null,               -- sort key
    summary       text not null default '',    -- one or two sentences, for lists
    body          text not null default '',    -- paragraphs, plain text
    audience_text text not null default '',    -- for whom, in words
    school_year   integer not null,
    starts_at     bigint not null default 0,   -- of the first meeting, 0 when no date is set
    ends_at       bigint not null default 0,   -- of the last meeting
    hours         integer not null default 0,  -- lesson hours of 45 minutes, of all meetings together
    threshold     integer not null default 0,  -- percent of the hours that must be attended; 0: by the law's number for such a length
    enroll_from   bigint not null default 0,   -- enrollment is open from
    enroll_until  bigint not null default 0,   -- and before; 0: until the training begins
    free_until    bigint not null default 0,   -- free resignation before; 0: by the law's number
    offer_hours   integer not null default 0,  -- how long an offered seat waits; 0: by the law's number
    capacity      integer not null,            -- the sum of the seats of all pools
    min_people    integer not null default 0,  -- below it the training need not be held; 0: no minimum
    decide_at     bigint not null default 0,   -- when that is decided
    decided       text not null default '',    -- run, postpone, cancel
    approval      boolean not null default false, -- the head of the participant's institution approves
    admission     boolean not null default false, -- an officer qualifies applicants by their papers
    ask_needs     boolean not null default true,  -- accessibility needs are asked
    quota_by      text not null default 'seat',   -- municipality of a participant: by seat of the school, or by running authority
    price         bigint not null default 0,   -- grosze for one participant
    payer         text not null default 'nobody', -- who pays by default, see Payer
    mode          text not null default 'on_site', -- on_site, online, hybrid
    place         text not null default '',    -- name and address of the venue
    municipality  text not null default '',    -- six digits, of the venue
    lat           double precision,
    lon           double precision,
    access_info   text not null default '',    -- how accessible the venue is
    online_link   text not null default '',    -- sealed; shown to admitted people only
    paper         text not null default 'certificate', -- certificate, diploma, none
    consent_no    text not null default '',    -- qualification courses: consent of the superintendent
    framework     text not null default '',    -- and the framework program
    legal_basis   text not null default '',
    practice_hours integer not null default 0, -- hours of practice that a qualification course asks for
    exam          boolean not null default false,
    for_institution text not null default '',  -- staff training: ordered by the head of this institution
    need          text not null default '',    -- the need that it answers, an id of another module
    series        text not null default '',    -- trainings repeated: one may move to another date of the same series
    series_no     integer not null default 0,
    why           text not null default '',    -- why postponed or canceled, in words for the participants
    created_by    text not null default '',
    created_at    bigint not null,
    changed_at    bigint not null,
    published_at  bigint not null default 0,
    closed_at     bigint not null default 0
);
create index training_trainings_center on training_trainings (center, starts_at, id);
create index training_trainings_state on training_trainings (state, starts_at, id);
create index training_trainings_ends on training_trainings (state, ends_at, id);
create index training_trainings_series on training_trainings (series, series_no);
create index training_trainings_decide on training_trainings (state, decide_at);

-- Meetings of a training. A conference has several at once: its tracks.
create table training_meetings (
    id        text primary key,
    training  text not null references training_trainings (id),
    no        integer not null,
    title     text not null default '',
    track     text not null default '',      -- parallel sessions: the one of several that a participant chooses; '' for everybody
    starts_at bigint not null,
    ends_at   bigint not null,
    hours     integer not null,              -- lesson hours
    room      text not null default '',
    place     text not null default '',      -- where it differs from the training's
    taken_at  bigint not null default 0,     -- attendance was taken and closed
    taken_by  text not null default ''
);
create index training_meetings_training on training_meetings (training, starts_at, id);
create index training_meetings_starts on training_meetings (starts_at, id);
create index training_meetings_room on training_meetings (room, starts_at);

-- Seats. A training has at least the pool '' for everybody; a quota of a
-- municipality is a pool of its own. The queue's numbers are taken from here.
create table training_pools (
    training     text not null references training_trainings (id),
    pool         text not null,              -- '' or a municipality, six digits
    seats        integer not null,
    taken        integer not null default 0, -- seats held, offered or used
    waiting      integer not null default 0, -- people on the waiting list
    seq          bigint not null default 0,  -- last number of the queue's log
    primary key (training, pool)
);

-- Who may enroll: nobody listed, everybody may. Rows of one kind are joined by or.
create table training_eligible (
    training text not null references training_trainings (id),
    kind     text not null,                  -- role, school, municipality
    value    text not null,
    primary key (training, kind, value)
);
create index training_eligible_value on training_eligible (kind, value, training);

-- Who leads. Purpose: the offer names its trainers. Deleted with the training;
-- a person who left stays named as an author of the event.
create table training_trainers (
    training text not null references training_trainings (id),
    no       integer not null,
    person   text not null default '',       -- account, '' for a guest
    name     text not null,
    about    text not null default '',
    primary key (training, no)
);
create index training_trainers_person on training_trainers (person, training);

-- Who organizes it together with the center.
create table training_partners (
    training    text not null references training_trainings (id),
    no          integer not null,
    institution text not null default '',
    name        text not null,
    primary key (training, no)
);
create index training_partners_institution on training_partners (institution, training);

create table training_topics (
    training text not null references training_trainings (id),
    topic    text not null,
    primary key (training, topic)
);
create index training_topics_topic on training_topics (topic, training);

-- Enrollments of people. Purpose: holding the training, its papers and their
-- verification. A guest's needs are deleted when the training ends; the rest as
-- the center's documentation, or with the account where no paper was issued.
create table training_enrollments (
    id           text primary key,
    training     text not null references training_trainings (id),
    pool         text not null,
    state        text not null,              -- see State
    seated       boolean not null,           -- counts among the taken seats of its pool
    active       boolean not null,           -- not left, lapsed or refused: one of each person
    place        bigint not null,            -- number of arrival in the pool
    who_key      text not null,              -- person:ID or mail:HMAC; finds the same person again
    person       text not null default '',   -- account, '' for a guest
    name         text not null,
    name_key     text not null,              -- sort key of surname, name
    email        text not null,
    email_key    text not null,              -- HMAC of the address as it is compared
    phone        text not null default '',
    lang         text not null default 'pl',
    institution  text not null default '',   -- of the directory
    institution_name text not null default '', -- typed, when it is not there
    role         text not null default '',
    by_seat      text not null default '',   -- municipality of the institution by its seat, frozen when enrolling
    by_running   text not null default '',   -- and of its running authority
    how          text not null,              -- self, guest, phone, head, swap, import
    enrolled_by  text not null default '',   -- person who did it for somebody else
    link_no      integer not null default 0, -- goes into the secret of the mailed link; raising it voids the old one
    needs        text not null default '',   -- sealed: accessibility needs
    note         text not null default '',   -- why: words of the head, the officer or the participant
    track        text not null default '',   -- chosen parallel session
    agreed       text not null default '',   -- JSON: the offer as it was when they enrolled
    agreed_rev   bigint not null default 0,
    payer        text not null default 'nobody',
    hold_until   bigint not null default 0,  -- pending: the seat is kept before
    offer_until  bigint not null default 0,  -- offered: the answer is awaited before
    approved_by  text not null default '',
    approved_at  bigint not null default 0,
    swapped_from text not null default '',   -- whose place was taken over
    moved_from   text not null default '',   -- from which date of the series
    hours        integer not null default 0, -- lesson hours attended, when settled
    grade        text not null default '',
    practice     integer not null default 0, -- hours of practice done
    exam         text not null default '',   -- '', passed, failed
    revision     bigint not null default 1,
    created_at   bigint not null,
    changed_at   bigint not null
);
create unique index training_enrollments_once on training_enrollments (training, who_key) where active;
create index training_enrollments_queue on training_enrollments (training, pool, state, place);
create index training_enrollments_names on training_enrollments (training, name_key, id);
create index training_enrollments_person on training_enrollments (person, id);
create index training_enrollments_email on training_enrollments (email_key, id);
create index training_enrollments_institution on training_enrollments (institution, id);
create index training_enrollments_hold on training_enrollments (state, hold_until);
create index training_enrollments_offer on training_enrollments (state, offer_until);

-- What happened to a pool's queue, in order: enough to do it all again and get
-- the same people seated. Never changed. Holds ids only.
create table training_queue (
    training   text not null,
    pool       text not null,
    seq        bigint not null,
    act        text not null,                -- see Act
    enrollment text not null default '',
    n          bigint not null default 0,    -- place, or seats
    by_person  text not null default '',
    at         bigint not null,
    primary key (training, pool, seq)
);
create index training_queue_enrollment on training_queue (enrollment, seq);

-- Attendance of one person at one meeting. Purpose and deletion as of enrollments.
create table training_attendance (
    meeting    text not null references training_meetings (id),
    enrollment text not null references training_enrollments (id),
    mark       text not null,                -- present, late, excused, absent
    hours      integer not null,             -- lesson hours that count
    how        text not null,                -- code, list, import
    by_person  text not null default '',
    at         bigint not null,
    primary key (meeting, enrollment)
);
create index training_attendance_enrollment on training_attendance (enrollment);
