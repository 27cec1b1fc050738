-- Who asked for a training enrolls first, for a time: first_days are set with
-- the draft, first_until is the moment reckoned from them when it is published
-- (0: all enroll alike).
alter table training_trainings add column first_until bigint not null default 0;
alter table training_trainings add column first_days integer not null default 0;

-- Who enrolls first: 'inst' an institution of the directory, 'person' somebody
-- who asked by name to be told of such a training. Purpose: who named the need
-- has a place in what answers it. People are deleted within the hour in which
-- the time is over or the training ended, and with their account.
create table training_first (
    training text not null references training_trainings (id),
    kind     text not null,
    id       text not null,
    primary key (training, kind, id)
);
create index training_first_id on training_first (id, kind, training);

-- What answers a need is looked up by the need.
create index training_trainings_need on training_trainings (need, id);
