-- Every mark of attendance as it was set, also those set anew by somebody else:
-- the last one holds, this says who set the others. Purpose and deletion as of
-- enrollments. Never changed.
create table training_marks (
    id         text primary key,
    meeting    text not null references training_meetings (id),
    enrollment text not null references training_enrollments (id),
    mark       text not null,                -- present, late, excused, absent
    late       integer not null default 0,   -- minutes, where known
    how        text not null,                -- code, list, close
    by_person  text not null default '',
    at         bigint not null
);
create index training_marks_meeting on training_marks (meeting, enrollment, id);
create index training_marks_enrollment on training_marks (enrollment, id);

-- Codes typed by one enrollment at one meeting, right or wrong. Purpose: nobody
-- guesses the code. Holds ids only; deleted a day after the meeting.
create table training_code_tries (
    meeting    text not null references training_meetings (id),
    enrollment text not null references training_enrollments (id),
    tries      integer not null,
    primary key (meeting, enrollment)
);

-- What a person decided about completion against the count of hours, with the
-- reason. Purpose and deletion as of enrollments.
create table training_exceptions (
    enrollment text primary key references training_enrollments (id),
    completed  boolean not null,
    why        text not null,                -- words for the participant
    by_person  text not null,
    at         bigint not null
);

-- Papers that a qualification course asks its applicants for. No personal data.
create table training_required (
    training text not null references training_trainings (id),
    no       integer not null,
    name     text not null,
    primary key (training, no)
);

-- Which of them came from whom. Purpose and deletion as of enrollments.
create table training_received (
    enrollment text not null references training_enrollments (id),
    no         integer not null,
    by_person  text not null,
    at         bigint not null,
    primary key (enrollment, no)
);
