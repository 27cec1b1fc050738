-- What a decision for a training asks for, until the training module made the
-- draft and after that as a memory of what was proposed. No personal data; kept
-- with the decision.
create table needs_plans (
    decision   text primary key references needs_decisions (id),
    form       text not null,                 -- form of work, see decideForms
    first_days integer not null default 0     -- so many days those who reported enroll alone
);

-- How its seats are promised: six digits of a municipality by seat. What is not
-- listed is for everybody.
create table needs_plan_seats (
    decision text not null references needs_plans (decision),
    town     text not null,
    seats    integer not null,
    primary key (decision, town)
);

-- A network, a consultation or a workshop that was decided on, until a module
-- carries it out: planned, done, dropped. The id is the decision's target. No
-- personal data; kept with the decision.
create table needs_orders (
    id          text primary key,
    decision    text not null references needs_decisions (id),
    center      text not null,                -- who carries it out
    institution text not null default '',     -- for which a workshop is ordered
    state       text not null,                -- as the decision's
    note        text not null default '',     -- what came of it, told to those who asked
    revision    bigint not null default 1,
    changed_at  bigint not null
);
create index needs_orders_center on needs_orders (center, state, id);
create index needs_orders_state on needs_orders (state, id);

-- How many people were told of a decision, and when: a number without names.
create table needs_tellings (
    decision text not null references needs_decisions (id),
    what     text not null,                   -- decided, done, dropped
    people   integer not null,
    at       bigint not null,
    primary key (decision, what)
);

-- What is new on the desk of those who reported.
create index needs_decisions_at on needs_decisions (at, id);
create index needs_ranks_need on needs_ranks (need, level, unit);
